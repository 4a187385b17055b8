import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores(['dist', 'coverage', 'out', 'node_modules']),
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],

      // Off, each for a reason.
      // A type parameter used once is how a declaration such as defineNode<Messages>()({...}) is shaped.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Numbers and booleans in messages are what error texts are made of.
      '@typescript-eslint/restrict-template-expressions': 'off',
      // `arr[i] as number` is the idiom for typed arrays; a rule that prefers `!` contradicts it.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Interfaces and type aliases are chosen by meaning (extension or union), not by form.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // Handlers may be declared async without awaiting: the declaration is the contract.
      '@typescript-eslint/require-await': 'off',
      // Guards at the edges of the library hold for JavaScript callers too.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `void` stands in unions of handler results: "a reply, or nothing".
      '@typescript-eslint/no-invalid-void-type': 'off',
      // `() => queue.push(x)` as a callback is not confusing.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/prefer-literal-enum-member': 'off',
      // `||` on strings and numbers means "empty counts as absent" where it is written.
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      // Indexed loops are kept where they are measured to be faster.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    // What runs in a browser is a TypeScript project of its own.
    files: ['reports/html/{ui,pages}/**/*.{ts,tsx}'],
    languageOptions: {
      parserOptions: { project: './reports/html/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
  },
  {
    // The one room that talks to the terminal, and programs that report on their own run.
    files: ['cli/**/*.ts', 'bench/**/*.ts', 'scripts/**', 'test/determinism/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests hand in wrong values on purpose and take known elements of arrays.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' },
    },
  },
)
