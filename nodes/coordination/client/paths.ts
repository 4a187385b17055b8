/**
 * Paths as the client library checks them before it asks a server, with the texts of its IllegalArgumentException; and
 * the chroot, a prefix of all paths that only the client knows of.
 *
 * Source: PathUtils.validatePath and ZooKeeper.prependChroot of ZooKeeper 3.8.
 */

/** What is wrong with a path; undefined for a good one. `sequential`: a number will be appended to it. */
export function pathProblem(path: string, sequential = false): string | undefined {
  return problemOf(sequential ? `${path}1` : path)
}

function problemOf(path: string): string | undefined {
  if (path === '') return 'Path length must be > 0'
  if (!path.startsWith('/')) return 'Path must start with / character'
  if (path.length === 1) return undefined
  if (path.endsWith('/')) return 'Path must not end with / character'
  for (let at = 1; at < path.length; at++) {
    const reason = problemAt(path, at)
    if (reason !== undefined) return `Invalid path string "${path}" caused by ${reason} @${at}`
  }
  return undefined
}

function problemAt(path: string, at: number): string | undefined {
  const code = path.charCodeAt(at)
  const before = path[at - 1]
  if (code === 0) return 'null character not allowed'
  if (path[at] === '/') return before === '/' ? 'empty node name specified' : undefined
  if (path[at] === '.') {
    const ends = at + 1 === path.length || path[at + 1] === '/'
    const begins = before === '/' || (before === '.' && path[at - 2] === '/')
    return begins && ends ? 'relative paths not allowed' : undefined
  }
  const isInvalid =
    code <= 0x1f || (code >= 0x7f && code <= 0x9f) || (code >= 0xd800 && code <= 0xf8ff) || code >= 0xfff0
  return isInvalid ? 'invalid character' : undefined
}

/** The path as the server knows it; `chroot` is empty for none. */
export function serverPath(chroot: string, path: string): string {
  if (chroot === '') return path
  return path === '/' ? chroot : chroot + path
}

/** The path as the client's code knows it. */
export function clientPath(chroot: string, path: string): string {
  if (chroot === '') return path
  return path === chroot ? '/' : path.slice(chroot.length)
}
