import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// Scenarios and nodes import the package by its own name; tests follow those imports into the sources, so
// that nothing has to be built first (dist is needed only by the tests that start the command line).
export default defineConfig({
  resolve: {
    alias: [
      { find: /^orrery-sim$/, replacement: at('./index.ts') },
      { find: /^orrery-sim\/nodes\/([^/]+)$/, replacement: at('./nodes') + '/$1/index.ts' },
      { find: /^orrery-sim\/scenarios\/([^/]+)$/, replacement: at('./scenarios') + '/$1.ts' },
      { find: /^orrery-sim\/(vitest|fast-check)$/, replacement: at('./integrations') + '/$1/index.ts' },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: tests then see the event loop and the `process` that users have, at the same speed.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
  },
})
