/**
 * Bundles a user's scenario file into one module. Local files go into it; packages stay outside, each pinned to the
 * file that it resolves to from where it is imported, so that the module can be loaded from any folder; `orrery-sim`
 * is pinned to this program's own files.
 */
import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { BuildFailure, Message, OnResolveResult, Plugin } from 'esbuild'
import { build } from 'esbuild'
import { CallerError } from '../sim/kernel/errors.ts'
import { shortPath } from './stack.ts'

const INSIDE = Symbol('resolving inside the plugin')

const packages: Plugin = {
  name: 'packages-stay-outside',
  setup(plugin) {
    plugin.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (kind === 'entry-point' || pluginData === INSIDE) return undefined
      if (isBuiltin(path)) return { path, external: true }
      if (/^orrery-sim(\/|$)/.test(path)) return ownModule(path)
      const found = await plugin.resolve(path, { kind, resolveDir, importer, pluginData: INSIDE })
      if (found.errors.length > 0) return { errors: found.errors }
      if (found.external || !/[\\/]node_modules[\\/]/.test(found.path)) {
        return { path: found.path, external: found.external }
      }
      return { path: pathToFileURL(found.path).href, external: true }
    })
  },
}

function ownModule(path: string): OnResolveResult {
  let url: string | undefined
  try {
    url = import.meta.resolve(path)
  } catch {
    // Said below, with the place of the import.
  }
  if (url === undefined || !existsSync(fileURLToPath(url))) {
    return { errors: [{ text: `'${path}' is not a part of orrery-sim` }] }
  }
  return { path: url, external: true }
}

/** The code of one ES module with its source map inside. Throws a CallerError naming file, line and column. */
export async function bundle(path: string): Promise<string> {
  const outfile = `${path}.bundle.mjs`
  try {
    const { outputFiles } = await build({
      entryPoints: [path],
      outfile,
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [packages],
    })
    const map = outputFiles.find((file) => file.path.endsWith('.map'))
    const code = outputFiles.find((file) => !file.path.endsWith('.map'))
    return `${code?.text ?? ''}\n//# sourceMappingURL=data:application/json;base64,${absolute(map?.text ?? '{}', outfile)}\n`
  } catch (error) {
    const first = (error as Partial<BuildFailure>).errors?.[0]
    if (first === undefined) throw error
    throw new CallerError(describe(first, path))
  }
}

/** The source map with absolute sources, as base64: it must hold wherever the module is loaded from. */
function absolute(mapText: string, outfile: string): string {
  const map = JSON.parse(mapText) as { readonly sources?: readonly string[] }
  const sources = (map.sources ?? []).map((source) => pathToFileURL(resolve(dirname(outfile), source)).href)
  return Buffer.from(JSON.stringify({ ...map, sources })).toString('base64')
}

function describe({ text, location }: Message, path: string): string {
  if (location === null) return `${shortPath(path)}: ${text}`
  return `${shortPath(resolve(location.file))}:${location.line}:${location.column + 1}: ${text}`
}
