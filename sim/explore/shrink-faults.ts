/** Fewer faults, then shorter, weaker and later ones, at times that read well. */
import type { Fault, Plan } from '../host/fault.ts'
import { micros } from '../kernel/time.ts'
import type { RunSpec } from '../scenario/simulate.ts'
import { ddmin } from './ddmin.ts'
import { cutDigits, durationText, first, lowest, nearestDigits, raiseDigits, stepsBelow } from './round.ts'
import type { Search } from './shrink-search.ts'
import type { Path } from './shrink-targets.ts'
import { durationOf, expanded, partsOf, replaced } from './shrink-targets.ts'

/** Leaves out every fault that is not needed. */
export async function fewerFaults(search: Search): Promise<void> {
  search.pass = 'faults'
  const { spec, best } = search
  if (spec.plan.length === 0) return
  // Faults that never fired or touched nothing are most likely not needed: all of them at once.
  const active = best.faults.filter(({ fired, touched }) => fired && touched.length > 0)
  if (active.length < spec.plan.length) {
    await search.take({ ...spec, plan: active.map(({ index }) => spec.plan[index] as Fault) })
  }
  const base = search.spec
  const stillFails = (plan: Plan): Promise<boolean> => search.take({ ...base, plan })
  await ddmin(base.plan, stillFails, search.goOn)
}

/** Makes each fault as harmless as the failure allows. */
export async function weakerFaults(search: Search): Promise<void> {
  search.pass = 'strength of faults'
  for (let index = 0; index < search.spec.plan.length; index++) {
    const one = new OneFault(search, index)
    await one.shorter()
    await one.fewerTargets()
    await one.simplerFields()
    await one.later()
    await one.rounder()
  }
  search.pass = 'order of faults'
  const { spec } = search
  const sorted = [...spec.plan].sort((a, b) => micros(a.at, 'at') - micros(b.at, 'at'))
  if (sorted.some((fault, index) => fault !== spec.plan[index])) await search.take({ ...spec, plan: sorted })
}

/** The shortest that reads like a choice and not like an accident. */
const leastOf = (us: number): number => (us >= 1_000 ? 1_000 : 1)

class OneFault {
  private readonly search: Search
  private readonly index: number

  constructor(search: Search, index: number) {
    this.search = search
    this.index = index
  }

  private get fault(): Fault {
    return this.search.spec.plan[this.index] as Fault
  }

  private get at(): number {
    return micros(this.fault.at, 'at')
  }

  private get lasting(): number | undefined {
    const { for: lasting } = this.fault
    return lasting === undefined ? undefined : micros(lasting, 'for')
  }

  private take(fault: Fault): Promise<boolean> {
    const { spec } = this.search
    return this.search.take(withFault(spec, this.index, fault))
  }

  private put(path: Path, value: unknown): Promise<boolean> {
    return this.take(replaced(this.fault, path, value))
  }

  /** Ends earlier, then begins later. */
  async shorter(): Promise<void> {
    const from = this.lasting
    if (from === undefined) return
    const last = (us: number): Promise<boolean> => this.take({ ...this.fault, for: durationText(us) })
    await lowest(stepsBelow(from, leastOf(from)), last)
    await first(cutDigits(this.lasting as number), last)
    const end = this.at + (this.lasting as number)
    const begin = (us: number): Promise<boolean> =>
      this.take({ ...this.fault, at: durationText(end - us), for: durationText(us) })
    await lowest(stepsBelow(this.lasting as number, leastOf(this.lasting as number)), begin)
  }

  /** A fault that stays until the end of the run begins as late as it may. */
  async later(): Promise<void> {
    if (this.lasting !== undefined) return
    const { until } = this.search.spec
    await lowest(stepsBelow(until - this.at, 1_000), (left) =>
      this.take({ ...this.fault, at: durationText(until - left) }),
    )
  }

  /** Fewer nodes: selectors of several become lists, and lists lose members. */
  async fewerTargets(): Promise<void> {
    for (const [key, value] of Object.entries(this.fault)) {
      if (!isGroups(value)) {
        await this.fewerMembers([key], expanded(value, this.search.best.nodes))
        continue
      }
      for (let index = 0; index < value.length; index++) {
        const { nodes } = this.search.best
        const groups = this.fault[key] as readonly unknown[]
        const others = groups.filter((_, at) => at !== index).flatMap((group) => expanded(group, nodes) ?? [])
        await this.fewerMembers([key, index], expanded(groups[index], nodes, others))
      }
    }
  }

  private async fewerMembers(path: Path, members: readonly string[] | undefined): Promise<void> {
    if (members === undefined || members.length < 2) return
    const stillFails = async (few: readonly string[]): Promise<boolean> =>
      few.length > 0 && (await this.put(path, few.length === 1 && path.length === 1 ? few[0] : few))
    await ddmin(members, stillFails, this.search.goOn)
  }

  /** Fields that may be left out are; magnitudes go down. */
  async simplerFields(): Promise<void> {
    const { at: _at, kind: _kind, for: _for, ...fields } = this.fault
    for (const key of Object.keys(fields)) await this.put([key], undefined)
    for (const { path, value } of partsOf(this.fault)) {
      if (typeof value === 'number') await this.lower(path, value)
      else if (typeof value === 'string') await this.shorten(path, value)
    }
  }

  private async lower(path: Path, value: number): Promise<void> {
    // Rates are between 0 and 1, factors above.
    const scale = Math.abs(value) <= 1 ? 100 : 1
    const size = Math.round(Math.abs(value) * scale)
    const sign = value < 0 ? -1 : 1
    await lowest(stepsBelow(size), (step) => this.put(path, (sign * step) / scale))
  }

  private async shorten(path: Path, value: string): Promise<void> {
    const us = durationOf(value)
    if (us === undefined || us === 0) return
    const sign = us < 0 ? '-' : ''
    const put = (size: number): Promise<boolean> => this.put(path, `${sign}${durationText(size)}`)
    if (await lowest(stepsBelow(Math.abs(us), 1_000), put)) return
    await first(cutDigits(Math.abs(us)), put)
  }

  /** A beginning with as few digits as may be. */
  async rounder(): Promise<void> {
    const { at } = this
    await first([...nearestDigits(at), ...raiseDigits(at)], (us) =>
      this.take({ ...this.fault, at: durationText(us) }),
    )
  }
}

/** Whether a field holds groups of targets rather than targets. */
function isGroups(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.some((item) => Array.isArray(item) || item === 'rest')
}

function withFault(spec: RunSpec, index: number, fault: Fault): RunSpec {
  return { ...spec, plan: spec.plan.map((one, at) => (at === index ? fault : one)) }
}
