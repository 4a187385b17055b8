/**
 * Paths of znodes: the rules by which the server accepts or refuses them, and the parts of a path.
 *
 * Source: ZooKeeper Programmer's Guide, "The ZooKeeper Data Model". Paths here are absolute and canonical; there are no
 * relative references. The ranges of characters that cannot be shown are checked as the Guide lists them.
 */

/** What is wrong with a path; undefined for a path that the server takes. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'a path cannot be empty'
  if (!path.startsWith('/')) return 'a path must begin with /'
  if (path === '/') return undefined
  if (path.endsWith('/')) return 'a path must not end with /'
  for (const name of path.slice(1).split('/')) {
    if (name === '') return 'a path must not contain //'
    if (name === '.' || name === '..') return 'relative paths are not allowed'
  }
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code <= 0x1f || (code >= 0x7f && code <= 0x9f)) return `character ${code} is not allowed`
    if ((code >= 0xd800 && code <= 0xf8ff) || code >= 0xfff0) return `character ${code} is not allowed`
  }
  return undefined
}

/** `/` for a path at the top; undefined for the root, which has none. */
export function parentOf(path: string): string | undefined {
  if (path === '/') return undefined
  const slash = path.lastIndexOf('/')
  return slash === 0 ? '/' : path.slice(0, slash)
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
  return String(counter).padStart(10, '0')
}
