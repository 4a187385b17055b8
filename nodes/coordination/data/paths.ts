/**
 * Paths of znodes: the rule by which a server accepts them, and their parts.
 *
 * Source: PathUtils.validatePath of ZooKeeper 3.8, which the server applies to the paths of writes only: a read of a path
 * that could not exist is answered like the read of any other znode that is not there.
 */

/** What is wrong with the path of a write; undefined for a path that the server takes. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'a path cannot be empty'
  if (!path.startsWith('/')) return 'a path must begin with /'
  if (path === '/') return undefined
  if (path.endsWith('/')) return 'a path must not end with /'
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code === SLASH && path.charCodeAt(i - 1) === SLASH) return 'a path must not contain //'
    if (code === DOT && isRelative(path, i)) return 'relative paths are not allowed'
    if (
      code <= 0x1f ||
      (code >= 0x7f && code <= 0x9f) ||
      (code >= 0xd800 && code <= 0xf8ff) ||
      code >= 0xfff0
    )
      return `character ${code} is not allowed`
  }
  return undefined
}

const SLASH = 0x2f
const DOT = 0x2e

/** Whether the dot at `i` is the last of a name that is `.` or `..`. */
function isRelative(path: string, i: number): boolean {
  if (i + 1 < path.length && path.charCodeAt(i + 1) !== SLASH) return false
  const before = path.charCodeAt(i - 1)
  return before === SLASH || (before === DOT && path.charCodeAt(i - 2) === SLASH)
}

/** `/` for a path at the top, as for the root itself. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** The last name of a path; empty for the root. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The path of a child. */
export function childOf(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}

/** What the server appends to the name of a sequential znode: 10 digits, so that names sort as numbers do. */
export function sequenceSuffix(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, '0')}` : String(counter).padStart(10, '0')
}
