// The import arrows between rooms, as data, and a finder of imports that go against them. It reads the syntax
// tree, so comments and strings do not count; type-only imports do, since they tie rooms together as well.
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript'
import type { Sources } from './sources.ts'

/** Folders of `sim/` from the innermost outwards; a folder may import itself and any folder of an earlier line. */
const simLayers: readonly (readonly string[])[] = [
  ['kernel'],
  ['trace'],
  ['network', 'storage'],
  ['host'],
  ['checks'],
  ['scenario'],
  ['explore'],
]

interface Rule {
  /** Folders, or the root file `index.ts`, that this room may import besides itself. */
  readonly rooms: readonly string[]
  /** Whether files of the room may import each other. */
  readonly itself: boolean
  /** Whether the room may import the package by its own name, and which of its subpaths. */
  readonly byName: readonly RegExp[]
  /** Third-party packages; 'declared' stands for every runtime or peer dependency of package.json. */
  readonly packages: readonly string[] | 'declared'
  /** Whether Node's own modules may be imported, or the folders of the room in which they may. */
  readonly builtins: boolean | readonly string[]
}

const publicNames = [/^orrery-sim$/, /^orrery-sim\/nodes\/[^/]+$/]
const anyName = [/^orrery-sim(\/|$)/]
const inner = ['sim', 'faults', 'nodes', 'scenarios', 'reports']

const rules: Readonly<Record<string, Rule>> = {
  sim: { rooms: [], itself: true, byName: [], packages: ['seedrandom', 'immer'], builtins: false },
  faults: { rooms: ['sim'], itself: true, byName: [], packages: ['zod'], builtins: false },
  nodes: { rooms: ['sim/host'], itself: true, byName: publicNames, packages: [], builtins: false },
  scenarios: { rooms: [], itself: false, byName: publicNames, packages: [], builtins: false },
  reports: {
    rooms: ['sim'],
    itself: true,
    byName: [],
    packages: ['chalk', 'cli-table3', 'fflate'],
    builtins: false,
  },
  // What runs in a browser: bundled at package build, so its packages are development dependencies.
  'reports in a browser': {
    rooms: ['sim', 'reports'],
    itself: true,
    byName: [],
    packages: ['preact', 'd3-scale', 'd3-selection', 'd3-zoom', 'uplot'],
    builtins: false,
  },
  'index.ts': { rooms: [...inner, 'integrations'], itself: false, byName: [], packages: [], builtins: false },
  integrations: {
    rooms: [...inner, 'index.ts'],
    itself: true,
    byName: anyName,
    packages: 'declared',
    // Tests run in Node and write bundles; what the package itself loads must run in a browser.
    builtins: ['integrations/vitest'],
  },
  cli: {
    rooms: [...inner, 'integrations', 'index.ts', 'package.json'],
    itself: true,
    byName: anyName,
    packages: 'declared',
    builtins: true,
  },
}

/** The rooms that the arrows govern; `bench/` and `test/` may import everything. */
export const governedRooms: readonly string[] = Object.keys(rules).filter(
  (room) => room !== 'index.ts' && room !== 'reports in a browser',
)

const builtins = new Set(builtinModules)

/** One line per offending import, `file:line: what, and why not`, in the order of the files. */
export function findOffendingImports(sources: Sources, declared: readonly string[]): readonly string[] {
  const offences: string[] = []
  for (const [file, text] of sources) {
    for (const { specifier, line } of importsOf(file, text)) {
      const reason = offence(file, specifier, declared)
      if (reason !== undefined) offences.push(`${file}:${line}: ${reason}`)
    }
  }
  return offences
}

function offence(
  file: string,
  specifier: string | undefined,
  declared: readonly string[],
): string | undefined {
  const room = roomOf(file)
  const rule = rules[room]
  if (rule === undefined) return `${room} is no room of the table in test/architecture/arrows.ts`
  if (specifier === undefined) {
    return allowsBuiltins(rule, file)
      ? undefined
      : `an import whose target is computed cannot be checked in ${room}`
  }
  if (specifier.startsWith('.')) return relativeOffence(file, specifier, rule)
  if (/^orrery-sim(\/|$)/.test(specifier)) {
    if (rule.byName.some((name) => name.test(specifier))) return undefined
    return `${room} may not import '${specifier}' by name`
  }
  const packageName = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (specifier.startsWith('node:') || builtins.has(packageName)) {
    return allowsBuiltins(rule, file) ? undefined : `${room} may not import the Node builtin '${specifier}'`
  }
  if (rule.packages === 'declared') {
    if (declared.includes(packageName)) return undefined
    return `'${packageName}' is not among the dependencies that an installed package brings along`
  }
  if (rule.packages.includes(packageName)) return undefined
  return `${room} may not import the package '${packageName}' (allowed: ${rule.packages.join(', ') || 'none'})`
}

function allowsBuiltins({ builtins: allowed }: Rule, file: string): boolean {
  return typeof allowed === 'boolean' ? allowed : allowed.some((folder) => file.startsWith(`${folder}/`))
}

function relativeOffence(file: string, specifier: string, rule: Rule): string | undefined {
  const room = roomOf(file)
  const target = posix.join(posix.dirname(file), specifier)
  const targetRoom = roomOf(target)
  if (targetRoom === room && room !== 'sim') {
    return rule.itself ? undefined : `files of ${room} may not import each other ('${specifier}')`
  }
  if (room === 'sim' && targetRoom === 'sim') return simOffence(file, target)
  if (rule.rooms.some((allowed) => target === allowed || target.startsWith(`${allowed}/`))) return undefined
  return `${room} may not import ${target} (allowed: ${rule.rooms.join(', ') || 'nothing outside its own room'})`
}

// A file that lies directly in sim/ gathers the layers for those outside: it may import all of them, and none of
// them may import it.
function simOffence(file: string, target: string): string | undefined {
  const from = simFolderOf(file)
  const to = simFolderOf(target)
  if (from === undefined || from === to) return undefined
  const fromLayer = simLayers.findIndex((layer) => layer.includes(from))
  if (fromLayer < 0) return `sim/${from} is in no layer of the table in test/architecture/arrows.ts`
  if (to === undefined) return `sim/${from} may not import ${target}, which lies outside the layers of sim`
  const toLayer = simLayers.findIndex((layer) => layer.includes(to))
  if (toLayer >= 0 && toLayer < fromLayer) return undefined
  return `sim/${from} may not import ${target}: the arrows are ${describeLayers()}`
}

const describeLayers = (): string => simLayers.map((layer) => layer.join(', ')).join(' <- ')

const roomOf = (path: string): string =>
  /^reports\/html\/(ui|pages)\//.test(path) ? 'reports in a browser' : (path.split('/')[0] ?? path)

const simFolderOf = (path: string): string | undefined => {
  const parts = path.split('/')
  return parts.length > 2 ? parts[1] : undefined
}

interface Import {
  /** Absent when the target is computed at run time. */
  readonly specifier: string | undefined
  readonly line: number
}

function importsOf(file: string, text: string): readonly Import[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)
  const found: Import[] = []
  const add = (node: ts.Node, target: ts.Node | undefined): void => {
    found.push({
      specifier: target !== undefined && ts.isStringLiteralLike(target) ? target.text : undefined,
      line: tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1,
    })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node, node.moduleSpecifier)
    else if (ts.isExternalModuleReference(node)) add(node, node.expression)
    else if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined)
    } else if (ts.isCallExpression(node) && isImportCall(node)) add(node, node.arguments[0])
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

const isImportCall = ({ expression }: ts.CallExpression): boolean =>
  expression.kind === ts.SyntaxKind.ImportKeyword ||
  (ts.isIdentifier(expression) && expression.text === 'require')
