// Finds what makes a run depend on the machine: ambient globals, engine-dependent operations, Node builtins. It
// works on the syntax tree with names resolved, so comments, strings, property names, types and a local variable
// that is called `process` do not count.
//
// Globals are listed by what is allowed, not by what is banned: a global nobody has thought of is reported too.
import { builtinModules } from 'node:module'
import ts from 'typescript'
import type { Sources } from './sources.ts'

/** The rooms whose code gives the same on every machine, and runs in a browser. */
export const pureRooms: readonly string[] = ['sim', 'faults', 'nodes', 'scenarios']

const allowedGlobals = new Set(
  `undefined NaN Infinity isNaN isFinite parseInt parseFloat arguments
  Object Array Map Set WeakMap WeakSet Number String Boolean Symbol BigInt Math JSON Promise RegExp Proxy Reflect
  Error TypeError RangeError SyntaxError EvalError ReferenceError URIError AggregateError
  ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array
  Float32Array Float64Array BigInt64Array BigUint64Array TextEncoder TextDecoder structuredClone`.split(
    /\s+/,
  ),
)

const virtualTime = "virtual time: a node's own clock on the node face, the true time on the world face"
const nodeTimer = 'a timer or a sleep of the node, or an event scheduled in the kernel'
const drain = 'the draining of continuations that the platform hands in'
const randomStream = 'a named random stream'
const handedIn = 'a value or an interface handed in by the caller'
const codePoints = 'comparison by < and >, or String(), which do not depend on a locale'

const substitutes: Readonly<Record<string, string>> = {
  Date: virtualTime,
  performance: virtualTime,
  setTimeout: nodeTimer,
  setInterval: nodeTimer,
  clearTimeout: nodeTimer,
  clearInterval: nodeTimer,
  setImmediate: drain,
  clearImmediate: drain,
  queueMicrotask: drain,
  crypto: randomStream,
  process: handedIn,
  globalThis: handedIn,
  window: handedIn,
  self: handedIn,
  global: handedIn,
  require: 'a static import',
  console: 'the log of the node, or a record of the trace',
  fetch: 'a message or a request over the simulated network',
  Buffer: 'Uint8Array, which browsers have as well',
  Intl: codePoints,
  WeakRef: 'an ordinary reference: when garbage is collected differs from run to run',
  FinalizationRegistry: 'an explicit end of life: when garbage is collected differs from run to run',
}

const powerSubstitute = 'a product, or Math.exp(a * Math.log(x))'
const bannedMaths: Readonly<Record<string, string>> = {
  random: randomStream,
  pow: powerSubstitute,
}
const power = `${powerSubstitute} (a constant is written out)`

const builtins = new Set(builtinModules)

/** One line per use, `file:line: what it uses; what to use instead`, in the order of the files. */
export function findAmbientUses(sources: Sources): readonly string[] {
  // Without libraries and without following imports, an unresolved name is a global, and nothing else is.
  const options: ts.CompilerOptions = {
    noLib: true,
    noResolve: true,
    types: [],
    allowJs: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
  }
  const program = ts.createProgram([...sources.keys()], options, hostOf(sources))
  const checker = program.getTypeChecker()
  return [...sources.keys()].flatMap((file) => {
    const tree = program.getSourceFile(file)
    return tree === undefined ? [`${file}:1: cannot be read`] : usesIn(file, tree, checker)
  })
}

function usesIn(file: string, tree: ts.SourceFile, checker: ts.TypeChecker): readonly string[] {
  const uses: string[] = []
  const visit = (node: ts.Node): void => {
    const use = useOf(node, checker)
    if (use !== undefined) {
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
      uses.push(`${file}:${line}: uses ${use.what}; use instead: ${use.instead}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return uses
}

interface Use {
  readonly what: string
  readonly instead: string
}

function useOf(node: ts.Node, checker: ts.TypeChecker): Use | undefined {
  if (ts.isStringLiteralLike(node)) return builtinUse(node)
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
    return { what: 'import.meta', instead: handedIn }
  }
  if (ts.isBinaryExpression(node)) return powerUse(node)
  if (!ts.isIdentifier(node)) return undefined
  if (/^toLocale[A-Z]|^localeCompare$/.test(node.text) && isMemberName(node)) {
    return { what: node.text, instead: codePoints }
  }
  if (!isValueReference(node) || !isAmbient(node, checker)) return undefined
  if (node.text === 'Math') return mathsUse(node)
  if (allowedGlobals.has(node.text)) return undefined
  const instead = substitutes[node.text] ?? `${handedIn}, if it is the same on every machine`
  return { what: node.text, instead }
}

function builtinUse(node: ts.StringLiteralLike): Use | undefined {
  const { parent } = node
  const imports =
    ts.isImportDeclaration(parent) ||
    ts.isExportDeclaration(parent) ||
    ts.isExternalModuleReference(parent) ||
    (ts.isCallExpression(parent) && parent.expression.kind === ts.SyntaxKind.ImportKeyword)
  if (!imports) return undefined
  if (!node.text.startsWith('node:') && !builtins.has(node.text)) return undefined
  return { what: `the Node builtin '${node.text}'`, instead: handedIn }
}

// Powers of big integers are exact everywhere.
function powerUse({ operatorToken, left, right }: ts.BinaryExpression): Use | undefined {
  if (operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken) return { what: '**=', instead: power }
  if (operatorToken.kind !== ts.SyntaxKind.AsteriskAsteriskToken) return undefined
  return ts.isBigIntLiteral(left) || ts.isBigIntLiteral(right) ? undefined : { what: '**', instead: power }
}

function mathsUse(node: ts.Identifier): Use | undefined {
  const { parent } = node
  const name =
    ts.isPropertyAccessExpression(parent) && parent.expression === node
      ? parent.name.text
      : ts.isElementAccessExpression(parent) && ts.isStringLiteralLike(parent.argumentExpression)
        ? parent.argumentExpression.text
        : undefined
  if (name === undefined) return { what: 'Math as a whole', instead: 'its functions one by one, by name' }
  const instead = bannedMaths[name]
  return instead === undefined ? undefined : { what: `Math.${name}`, instead }
}

const isMemberName = (node: ts.Identifier): boolean =>
  (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) ||
  (ts.isBindingElement(node.parent) && (node.parent.propertyName ?? node.parent.name) === node)

function isValueReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isQualifiedName(parent) || ts.isMetaProperty(parent)) return false
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isImportAttribute(parent))
    return false
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false
  if (ts.isBindingElement(parent)) return parent.initializer === node
  if ('name' in parent && parent.name === node) return false
  return !isInType(node)
}

function isInType(node: ts.Node): boolean {
  for (let at = node; !ts.isStatement(at) && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isExpressionWithTypeArguments(at)) {
      const { parent } = at
      if (!ts.isHeritageClause(parent) || ts.isInterfaceDeclaration(parent.parent)) return true
      return parent.token === ts.SyntaxKind.ImplementsKeyword
    }
    // A computed name in a type, or of a member that is declared only, is gone at run time.
    if (ts.isTypeNode(at) || ts.isTypeElement(at) || hasDeclareModifier(at)) return true
    if (ts.isFunctionLike(at) || ts.isClassLike(at)) return false
  }
  return false
}

// `declare const process: ...` makes the compiler content, not the machine absent.
function isAmbient(node: ts.Identifier, checker: ts.TypeChecker): boolean {
  if (node.text === 'globalThis') return true
  const symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node)
  const declarations = symbol?.declarations ?? []
  return declarations.every(isDeclaredOnly)
}

function isDeclaredOnly(declaration: ts.Node): boolean {
  for (let at: ts.Node = declaration; !ts.isSourceFile(at); at = at.parent) {
    if (hasDeclareModifier(at)) return true
  }
  return false
}

const hasDeclareModifier = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)

function hostOf(sources: Sources): ts.CompilerHost {
  return {
    fileExists: (file) => sources.has(file),
    readFile: (file) => sources.get(file),
    getSourceFile: (file, language) => {
      const text = sources.get(file)
      return text === undefined ? undefined : ts.createSourceFile(file, text, language, true)
    },
    getDefaultLibFileName: () => 'lib.d.ts',
    getCurrentDirectory: () => '',
    getCanonicalFileName: (file) => file,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => undefined,
  }
}
