import type { Plan } from '../../../../index.ts'

/** Everything that may go wrong with servers while a majority can live. */
export const ROUGH = {
  nodes: 'coordination',
  quiet: '11s',
  faults: {
    crash: { every: '3s', for: '1500ms', torn: 0.5 },
    pause: { every: '4s', for: '900ms' },
    partition: { every: '4s', for: '2s' },
    'clock-step': true,
    'clock-drift': true,
  },
}

/** Everything but crashes, of clients as well: they are paused, cut off from some servers or all, and hear late. */
export const ROUGH_FOR_ALL = {
  nodes: 'all',
  quiet: '11s',
  faults: {
    pause: { every: '3s', for: '1200ms' },
    partition: { every: '2500ms', for: '1800ms' },
    degrade: true,
    'disk-slow': true,
    'clock-step': true,
    'clock-drift': true,
  },
}

/** A client that sleeps for so long that its session expires. */
export const SLEEPER: Plan = [{ at: '5s', kind: 'pause', node: 'client[0]', for: '4s' }]
