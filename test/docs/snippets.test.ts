// TypeScript in the documents compiles, as strictly as for those who copy it, against what the package publishes.
import { dirname, join, posix } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

import { documents, readBlocks, root } from './blocks.ts'

// As `orrery new` writes it, and stricter where strict users are.
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
}

interface Source {
  readonly text: string
  /** `document:line` of the first line of `text`. */
  readonly document: string
  readonly firstLine: number
}

/** Snippets as files that exist nowhere, each document in a folder of its own inside the package. */
function sources(): ReadonlyMap<string, Source> {
  const out = new Map<string, Source>()
  // The READMEs of nodes show excerpts of files that are compiled as they are.
  for (const document of documents.filter((name) => !name.startsWith('nodes/'))) {
    for (const { language, text, file, line, preamble } of readBlocks(document)) {
      if (language !== 'ts') continue
      const name = file ?? `snippet-${line}.ts`
      const path = posix.join(root, 'docs', 'snippets-of', document.replace(/\W/g, '-'), name)
      const isModule = file !== undefined || /^(?:import|export) /m.test(text)
      const before = isModule ? '' : `${preamble}\nexport async function snippet() {\n`
      const lead = before.split('\n').length - 1
      out.set(path, {
        text: isModule ? text : `${before}${text}\n}\n`,
        document,
        firstLine: line + 1 - lead,
      })
    }
  }
  return out
}

function problems(files: ReadonlyMap<string, Source>): readonly string[] {
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  const directories = new Set([...files.keys()].map((path) => dirname(path)))
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path)?.text ?? readFile(path)
  host.directoryExists = (path) => directories.has(path) || ts.sys.directoryExists(path)
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const source = files.get(path)
    return source === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, source.text, languageVersion)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n')
    const source = file === undefined ? undefined : files.get(file.fileName)
    if (file === undefined || source === undefined) return message
    const { line } = file.getLineAndCharacterOfPosition(start)
    return `${source.document}:${source.firstLine + line}: ${message}`
  })
}

describe('TypeScript in the documents', () => {
  it('compiles', { timeout: 120_000 }, () => {
    const files = sources()
    expect(files.size).toBeGreaterThan(10)
    expect(problems(files)).toEqual([])
  })

  it('would be found if it did not', { timeout: 120_000 }, () => {
    const path = join(root, 'docs', 'snippets-of', 'example', 'snippet.ts')
    const text = "import { scenario } from 'orrery-sim'\nexport default scenario({ name: 1 })\n"
    const found = problems(new Map([[path, { text, document: 'example.md', firstLine: 10 }]]))
    expect(found.join('\n')).toContain('example.md:11: ')
  })
})
