// Judges a file in the Trace Event Format: the shape of each event, as the format document gives it, and the laws that
// hold between events. Written from the document alone, so that it does not repeat the exporter's mistakes.
import { z } from 'zod'

const number = z.number()
const id = z.number().int().positive()
const base = { name: z.string(), pid: z.number().int(), tid: z.number().int(), ts: number.nonnegative() }
const args = z.record(z.string(), z.unknown())
const cat = z.string().min(1)

/** One event by its phase; unknown keys are refused. */
const event = z.discriminatedUnion('ph', [
  z.strictObject({ ...base, ph: z.literal('B'), cat, args: args.optional() }),
  z.strictObject({ ...base, ph: z.literal('E'), cat, args: args.optional() }),
  z.strictObject({ ...base, ph: z.literal('X'), cat, dur: number.positive(), args: args.optional() }),
  z.strictObject({ ...base, ph: z.literal('b'), cat, id, args: args.optional() }),
  z.strictObject({ ...base, ph: z.literal('e'), cat, id, args: args.optional() }),
  z.strictObject({ ...base, ph: z.literal('s'), cat, id }),
  z.strictObject({ ...base, ph: z.literal('f'), cat, id, bp: z.literal('e') }),
  z.strictObject({ ...base, ph: z.literal('C'), args: z.record(z.string(), number) }),
  z.strictObject({ ...base, ph: z.literal('i'), cat, s: z.enum(['g', 'p', 't']), args: args.optional() }),
  z.discriminatedUnion('name', [
    z.strictObject({
      ...{ ...base, ph: z.literal('M'), name: z.enum(['process_name', 'thread_name']) },
      args: z.strictObject({ name: z.string() }),
    }),
    z.strictObject({
      ...{ ...base, ph: z.literal('M'), name: z.enum(['process_sort_index', 'thread_sort_index']) },
      args: z.strictObject({ sort_index: z.number().int() }),
    }),
  ]),
])

const file = z.strictObject({
  displayTimeUnit: z.enum(['ms', 'ns']),
  otherData: z.record(z.string(), z.unknown()),
  traceEvents: z.array(event),
})

export type Event = z.infer<typeof event>

/** Every violation of the format; an event is named by its position. */
export function problemsOf(json: unknown): readonly string[] {
  const parsed = file.safeParse(json)
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  const { traceEvents } = parsed.data
  return [
    ...threads(traceEvents),
    ...stacks(traceEvents),
    ...asynchronous(traceEvents),
    ...flows(traceEvents),
  ]
}

/** Each process and thread that is used has a name, once. */
function threads(events: readonly Event[]): readonly string[] {
  const named = new Map<string, number>()
  for (const { ph, name, pid, tid } of events) {
    if (ph !== 'M') continue
    const key = `${name} ${name.startsWith('process') ? pid : `${pid}/${tid}`}`
    named.set(key, (named.get(key) ?? 0) + 1)
  }
  const problems = [...named].filter(([, times]) => times > 1).map(([key]) => `${key} is given twice`)
  for (const [at, { ph, pid, tid }] of events.entries()) {
    if (ph === 'M') continue
    if (!named.has(`process_name ${pid}`)) problems.push(`${at}: process ${pid} has no name`)
    if (ph !== 'C' && !named.has(`thread_name ${pid}/${tid}`))
      problems.push(`${at}: thread ${tid} has no name`)
  }
  return problems
}

/** Duration events of a thread are nested: each end closes the innermost beginning, and none stays open. */
function stacks(events: readonly Event[]): readonly string[] {
  const problems: string[] = []
  const open = new Map<string, Event[]>()
  const last = new Map<string, number>()
  for (const [at, one] of events.entries()) {
    if (one.ph !== 'B' && one.ph !== 'E') continue
    const key = `${one.pid}/${one.tid}`
    if (one.ts < (last.get(key) ?? 0)) problems.push(`${at}: ${one.ph} goes back in time`)
    last.set(key, one.ts)
    const stack = open.get(key) ?? []
    open.set(key, stack)
    if (one.ph === 'B') stack.push(one)
    else if (stack.pop()?.name !== one.name) problems.push(`${at}: E ${one.name} closes no beginning`)
  }
  for (const [key, stack] of open) for (const { name } of stack) problems.push(`${key}: ${name} stays open`)
  return problems
}

function asynchronous(events: readonly Event[]): readonly string[] {
  const problems: string[] = []
  const begun = new Map<string, Event>()
  for (const [at, one] of events.entries()) {
    if (one.ph !== 'b' && one.ph !== 'e') continue
    const key = `${one.cat} ${one.id}`
    const begin = begun.get(key)
    if (one.ph === 'b') {
      if (begin !== undefined) problems.push(`${at}: ${key} begins twice`)
      begun.set(key, one)
      continue
    }
    begun.delete(key)
    const fits = begin?.name === one.name && begin.pid === one.pid && begin.ts <= one.ts
    if (!fits) problems.push(`${at}: e ${key} ends nothing`)
  }
  for (const key of begun.keys()) problems.push(`${key} never ends`)
  return problems
}

/** A flow ends after it began, under the same name, and both of its ends lie within slices of their threads. */
function flows(events: readonly Event[]): readonly string[] {
  const problems: string[] = []
  const begun = new Map<number, Event>()
  const slices = new Set<string>()
  for (const one of events) {
    if (one.ph === 'X')
      for (let us = 0; us < one.dur; us++) slices.add(`${one.pid}/${one.tid} ${one.ts + us}`)
  }
  for (const [at, one] of events.entries()) {
    if (one.ph !== 's' && one.ph !== 'f') continue
    if (!slices.has(`${one.pid}/${one.tid} ${one.ts}`))
      problems.push(`${at}: ${one.ph} ${one.id} binds to no slice`)
    if (one.ph === 's') {
      if (begun.has(one.id)) problems.push(`${at}: flow ${one.id} begins twice`)
      begun.set(one.id, one)
      continue
    }
    const begin = begun.get(one.id)
    if (!(begin?.name === one.name && begin.ts <= one.ts)) {
      problems.push(`${at}: flow ${one.id} ends, but did not begin`)
    }
  }
  return problems
}
