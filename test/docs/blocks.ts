// Reads the fenced code blocks of a document, by the conventions that CONTRIBUTING.md states:
//
//   - a block of code whose first line is a comment with nothing but a file name (`// lease.ts`, `# pause.yaml`) is
//     that file: it is there for all commands that follow;
//   - a `sh` block holds commands; `# exits with 1` after a command says that its exit code is not 0, `NAME=value`
//     before it sets a variable;
//   - the `text` block after it is the output of its last command, line by line; a line `...` stands for any lines;
//   - other `ts` blocks are modules if they import or export something, else statements in an async function, after what
//     the last `<!-- snippets: ... -->` comment declares.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every document, relative to the root. */
export const documents: readonly string[] = findDocuments()

export interface Block {
  readonly language: string
  /** The line of the opening fence, from 1. */
  readonly line: number
  readonly text: string
  /** The file that it is, if it is one. */
  readonly file: string | undefined
  /** What stands before a snippet that is no module. */
  readonly preamble: string
}

const FILE_NAME = /^(?:\/\/|#) ([\w./-]+\.(?:ts|js|yaml|yml|zk))$/

/** The blocks of a document, in order. Throws for a fence that is not closed. */
export function blocksOf(markdown: string, name: string): readonly Block[] {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  let preamble = ''
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string
    if (line.trimEnd() === '<!-- snippets:') {
      const end = lines.indexOf('-->', i)
      if (end < 0) throw new Error(`${name}:${i + 1}: the comment is not closed`)
      preamble = lines.slice(i + 1, end).join('\n')
      i = end
    }
    const fence = /^( *)```(\w*)\s*$/.exec(line)
    if (fence === null) continue
    const [, indent = '', language = ''] = fence
    const end = lines.findIndex((one, at) => at > i && one.trimEnd() === `${indent}\`\`\``)
    if (end < 0) throw new Error(`${name}:${i + 1}: the block is not closed`)
    const content = lines.slice(i + 1, end).map((one) => one.slice(indent.length))
    const file = FILE_NAME.exec(content[0] ?? '')?.[1]
    blocks.push({ language, line: i + 1, text: content.join('\n'), file, preamble })
    i = end
  }
  return blocks
}

/** Reads a document's blocks. */
export function readBlocks(document: string): readonly Block[] {
  return blocksOf(readFileSync(join(root, document), 'utf8'), document)
}

export interface Command {
  readonly words: readonly string[]
  readonly exitCode: number
}

/** The commands of a `sh` block. Pipes, redirections and variables are refused: not every shell means the same. */
export function commandsOf(block: Block): readonly Command[] {
  const commands: Command[] = []
  for (const line of block.text.replace(/\\\n\s*/g, '').split('\n')) {
    const [, code, comment = ''] = /^(.*?)(?:(?:^|\s)#\s*(.*))?$/.exec(line) ?? []
    const exitCode = Number(/exits with (\d+)/.exec(comment)?.[1] ?? 0)
    for (const part of (code ?? '').split('&&').map((one) => one.trim())) {
      if (part === '') continue
      if (/[|<>;$`&]/.test(part)) throw new Error(`line ${block.line}: '${part}' needs a shell`)
      const words = [...part.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
      commands.push({ words, exitCode })
    }
  }
  return commands
}

/** Why an output is not what a document shows; undefined if it is. Lines `...` stand for any number of lines. */
export function mismatch(shown: string, actual: string): string | undefined {
  const lines = actual.trimEnd().split('\n')
  const parts: string[][] = [[]]
  for (const line of shown.trimEnd().split('\n')) {
    if (line.trim() === '...') parts.push([])
    else parts.at(-1)?.push(line)
  }
  const startsAt = (part: readonly string[], at: number): boolean =>
    part.every((line, index) => line === lines[at + index])
  let at = 0
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    if (index === 0 && !startsAt(part, 0)) return `does not begin with\n${part.join('\n')}`
    if (isLast && index > 0) at = Math.max(at, lines.length - part.length)
    else if (index > 0) while (at < lines.length && !startsAt(part, at)) at++
    if (!startsAt(part, at)) return `does not contain, in this place,\n${part.join('\n')}`
    at += part.length
  }
  return at === lines.length || parts.at(-1)?.length === 0 ? undefined : 'goes on after what is shown'
}

function findDocuments(): readonly string[] {
  const systems = readdirSync(join(root, 'nodes')).map((name) => `nodes/${name}/`)
  return ['', 'docs/', 'faults/', ...systems].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => folder + name),
  )
}
