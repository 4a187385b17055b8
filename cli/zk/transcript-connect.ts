/** What a step that connects says about the client: the timeout it asks for, and whether its password is the right one. */
import type { ConnectResponse } from '../../nodes/coordination/wire.ts'
import type { Arguments, Json } from './transcript-ops.ts'
import { isObject } from './transcript-ops.ts'

/** The timeout that a client asks for, if the recording tells only what it got, or nothing. */
export function usualTimeout(args: Arguments, before = 4000): number {
  const negotiated = args.find('negotiatedTimeout')
  return typeof negotiated === 'number' && negotiated > 0 ? negotiated : before
}

/** Whether the details of a step say, in whatever words, that the password was not the session's. */
export function isWrongPassword(details: Json): boolean {
  if (typeof details === 'string') return /passw/i.test(details) && WRONG.test(details)
  if (!isObject(details)) return false
  return Object.entries(details).some(([key, value]) => {
    if (isObject(value)) return isWrongPassword(value)
    if (!/passw/i.test(key)) return false
    if (WRONG.test(key)) return value === true
    return value === false || (typeof value === 'string' && (WRONG.test(value) || /^0*$/.test(value)))
  })
}

const WRONG = /wrong|bad|other|zero|incorrect|invalid|garbage|random|forged|different|\bnot\b|mismatch/i

/** What a client shows of a session that there is not. */
export const NOBODY: ConnectResponse = { session: 1, timeout: 4000, password: 'none' }
