/**
 * Members send heartbeats, monitors suspect who is silent; meanwhile the network gets slow, or loses messages, or members
 * are paused. One member crashes and comes back.
 *
 * What should happen: a short fixed timeout detects the crash fast and suspects the innocent as soon as anything is late;
 * a long one is right and late. Phi accrual learns how late heartbeats are and waits accordingly.
 */
import type { Plan } from 'orrery-sim'
import {
  budget,
  choice,
  duration,
  integer,
  milliseconds,
  number,
  scenario,
  underOwnFaults,
  uniform,
} from 'orrery-sim'
import { coordinationServer } from 'orrery-sim/nodes/coordination'
import type { Detector } from 'orrery-sim/nodes/detection'
import { crashSuspectedWithin, member, monitor } from 'orrery-sim/nodes/detection'

const TICK = 500
/** Milliseconds. The network is fine, gets worse step by step, and is fine again. */
const STRESS_AT = 15_000
const STRESS_FOR = 40_000
const STEPS = 4
const CRASH_AT = 70_000
const CRASH_FOR = 15_000
const END = 90_000

export default scenario({
  name: 'failure-detection',
  summary: 'fixed timeouts, sessions and phi accrual: how fast a crash is seen, and who is suspected wrongly',
  teaches: `
A monitor sees only silence. How long must it be? With detector=fixed you say it in advance. timeout=400ms sees a crash
within half a second, and calls members dead whenever two heartbeats in a row are lost or late; timeout=5s is never wrong
here, and lets five seconds pass. Look at "detection time" and "false suspicions" and draw one against the other: with a
fixed timeout you can only move along that curve.

detector=phi looks at the intervals between the last heartbeats and asks how improbable the present silence is. While the
network is fine it needs little time; when the delays grow it has seen longer intervals and becomes patient by itself, and
forgets them again, as fast as its window is short. It learns from what was, so a jump surprises it like everybody: set
stress=pauses, whose pauses are nothing like the intervals before, and give it an acceptablePause, as Akka does.
detector=phi-exponential is Cassandra's variant: simpler, and more patient.

detector=session leaves it to the coordination service: a fixed timeout again, but one that all observers share, so that no
two of them disagree about who is alive. Its connections repeat what is lost, so loss does it little harm.

Nothing helps against pauses that look like crashes: only a threshold that is longer than the longest pause.
`,
  params: {
    detector: choice(['phi', 'phi-exponential', 'fixed', 'session'], {
      default: 'phi',
      about: 'how monitors suspect',
    }),
    stress: choice(['delay', 'loss', 'pauses', 'none'], {
      default: 'delay',
      about: 'what is hard for a while: delays that grow step by step, lost messages, or paused members',
    }),
    members: integer({ default: 6, min: 1, max: 200 }),
    monitors: integer({ default: 2, min: 1, max: 20 }),
    heartbeat: duration({ default: '200ms', about: 'time between two heartbeats' }),
    timeout: duration({ default: '2s', about: 'of detector=fixed and session (there 1s to 10s)' }),
    threshold: number({ default: 8, min: 0.5, max: 300, about: 'phi at which a member is suspected' }),
    window: integer({ default: 100, min: 2, max: 10_000, about: 'intervals that phi remembers' }),
    minStdDev: duration({ default: '100ms', about: 'floor under the deviation of intervals, for phi' }),
    acceptablePause: duration({ default: '0ms', about: 'added to the mean interval, for phi' }),
    delay: duration({ default: '400ms', about: 'mean delay at the worst step of stress=delay' }),
    loss: number({ default: 0.25, min: 0, max: 0.9, about: 'share of messages lost under stress=loss' }),
    pause: duration({ default: '1.2s', about: 'length of each pause under stress=pauses' }),
    within: duration({ default: '3s', about: 'acceptable time until a crash is suspected' }),
    maxFalse: integer({ default: 0, min: 0, about: 'acceptable number of false suspicions' }),
  },
  valid({ detector, timeout }) {
    const ms = milliseconds(timeout)
    if (detector !== 'session' || (ms >= 2 * TICK && ms <= 20 * TICK)) return true
    return `the service grants timeouts of 1s to 10s, not ${timeout}`
  },

  cluster({ add, addOne, network, params }) {
    const { detector, timeout, threshold, window, minStdDev, acceptablePause, heartbeat } = params
    network({ delay: uniform('1ms', '10ms') })
    const sessions =
      detector === 'session'
        ? { servers: [addOne(coordinationServer, { tick: TICK })], sessionTimeout: timeout }
        : undefined
    const detectors = (): Detector => {
      if (sessions !== undefined) return { type: 'session', ...sessions }
      if (detector === 'fixed') return { type: 'fixed', timeout }
      return {
        type: 'phi',
        model: detector === 'phi' ? 'normal' : 'exponential',
        threshold,
        window,
        minStdDev: milliseconds(minStdDev),
        acceptablePause: milliseconds(acceptablePause),
      }
    }
    const monitors = add(monitor, params.monitors, { detector: detectors(), interval: heartbeat })
    add(member, params.members, {
      monitors: () => monitors,
      interval: heartbeat,
      ...(sessions === undefined ? {} : { sessions }),
    })
  },

  faults: ({ stress, delay, loss, pause, members }): Plan => {
    const crash = { at: CRASH_AT, kind: 'crash', node: 'member[0]', for: CRASH_FOR } as const
    const step = STRESS_FOR / STEPS
    switch (stress) {
      case 'delay':
        return [
          ...Array.from({ length: STEPS }, (_, index) => ({
            at: STRESS_AT + index * step,
            kind: 'degrade' as const,
            delay: { kind: 'uniform' as const, min: 0, max: (2 * milliseconds(delay) * (index + 1)) / STEPS },
            for: step,
          })),
          crash,
        ]
      case 'loss':
        return [{ at: STRESS_AT, kind: 'degrade', loss, for: STRESS_FOR }, crash]
      case 'pauses':
        return [
          ...Array.from({ length: members }, (_, index) => ({
            at: STRESS_AT + (index * STRESS_FOR) / members,
            kind: 'pause' as const,
            node: `member[${index}]`,
            for: pause,
          })),
          crash,
        ]
      case 'none':
        return [crash]
    }
  },

  checks: ({ within, maxFalse }) =>
    [
      crashSuspectedWithin(milliseconds(within)),
      budget(`at most ${maxFalse} false suspicions`, {
        atMost: maxFalse,
        measure: (world) => world.counter('false suspicions'),
      }),
    ].map(underOwnFaults),

  highlights: ['detection time', 'false suspicions', 'mistake duration', 'suspicions', 'sessions expired'],
  examples: [
    { expect: 'held', about: 'phi accrual gets used to a slow network' },
    {
      set: { detector: 'fixed', timeout: '700ms' },
      expect: 'violated',
      about: 'a timeout that is as fast is wrong when delays grow',
    },
    {
      set: { detector: 'fixed', timeout: '700ms', stress: 'none' },
      expect: 'held',
      about: 'it would do in a network that is always fine',
    },
    {
      set: { detector: 'fixed', timeout: '5s' },
      expect: 'violated',
      about: 'one that is never wrong is late',
    },
    {
      set: { detector: 'phi-exponential', within: '5s' },
      expect: 'held',
      about: "Cassandra's variant waits longer",
    },
    {
      set: { detector: 'session', timeout: '4s', within: '5s' },
      expect: 'held',
      about: 'sessions, in the slow network',
    },
    {
      set: { detector: 'fixed', timeout: '700ms', stress: 'loss' },
      expect: 'violated',
      about: 'lost heartbeats are lost',
    },
    {
      set: { detector: 'session', stress: 'loss', loss: 0.1, timeout: '6s', within: '7s' },
      expect: 'held',
      about: 'what a session loses is sent again',
    },
    { set: { stress: 'pauses' }, expect: 'violated', about: 'pauses come without a warning' },
    {
      set: { stress: 'pauses', acceptablePause: '1500ms' },
      expect: 'held',
      about: 'unless they are allowed for in advance',
    },
  ],
  until: END,
})
