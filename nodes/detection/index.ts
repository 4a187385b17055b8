/** Failure detectors: fixed timeouts, sessions, phi accrual; see README.md. */
export { phi, newHeartbeats, heartbeat } from './accrual.ts'
export type { AccrualOptions, Heartbeats } from './accrual.ts'
export { crashSuspectedWithin } from './checks.ts'
export { member, MEMBERS } from './member.ts'
export type { HeartbeatMessages, MemberConfig, Sessions } from './member.ts'
export { monitor } from './monitor.ts'
export type { Detector, MonitorConfig, MonitorState, Watched } from './monitor.ts'
