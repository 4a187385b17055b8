/** What zkCli prints: stat, dates, errors, events. */
import type { CoordinationError, Stat, WatchEvent } from '../../nodes/coordination/index.ts'
import { CliError } from './command-line.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Thu Jan 01 00:00:05 UTC 1970`, as java.util.Date prints a time (in milliseconds) in UTC. */
export function dateText(ms: number): string {
  const date = new Date(Math.floor(ms))
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  const day = `${DAYS[date.getUTCDay()] ?? ''} ${MONTHS[date.getUTCMonth()] ?? ''} ${two(date.getUTCDate())}`
  return `${day} ${time} UTC ${date.getUTCFullYear()}`
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`
}

/** The eleven lines of StatPrinter. */
export function statText(stat: Stat): string {
  return [
    `cZxid = ${hex(stat.czxid)}`,
    `ctime = ${dateText(stat.ctime)}`,
    `mZxid = ${hex(stat.mzxid)}`,
    `mtime = ${dateText(stat.mtime)}`,
    `pZxid = ${hex(stat.pzxid)}`,
    `cversion = ${stat.cversion}`,
    `dataVersion = ${stat.version}`,
    `aclVersion = ${stat.aversion}`,
    `ephemeralOwner = ${hex(stat.ephemeralOwner)}`,
    `dataLength = ${stat.dataLength}`,
    `numChildren = ${stat.numChildren}`,
  ].join('\n')
}

export function eventText({ state, type, path }: WatchEvent): string {
  return `\nWATCHER::\n\nWatchedEvent state:${state} type:${type} path:${path ?? 'null'}`
}

/** An operation's error in the words of CliWrapperException, or those of KeeperException where it has none. */
export function failure(reason: CoordinationError, path: string, message?: string): CliError {
  switch (reason) {
    case 'NoNode':
      return new CliError(`Node does not exist: ${path}`)
    case 'NodeExists':
      return new CliError(`Node already exists: ${path}`)
    case 'NotEmpty':
      return new CliError(`Node not empty: ${path}`)
    case 'NoChildrenForEphemerals':
      return new CliError(`Ephemerals cannot have children: ${path}`)
    case 'BadVersion':
      return new CliError(`version No is not valid : ${path}`)
    case 'BadArguments':
      return new CliError(message ?? `Arguments are not valid : ${path}`)
    case 'InvalidACL':
      return new CliError(`Acl is not valid : ${path}`)
    case 'NoAuth':
      return new CliError(`Insufficient permission : ${path}`)
    default:
      return new CliError(`KeeperErrorCode = ${codeText(reason)} for ${path}`)
  }
}

/** KeeperException.getCodeMessage, where it is not the name itself. */
function codeText(reason: CoordinationError): string {
  switch (reason) {
    case 'SessionExpired':
      return 'Session expired'
    case 'SessionMoved':
      return 'Session moved'
    case 'NoWatcher':
      return 'No such watcher'
    case 'EphemeralOnLocalSession':
      return 'Ephemeral node on local session'
    case 'RequestTimeout':
      return 'Request timeout'
    default:
      return reason
  }
}
