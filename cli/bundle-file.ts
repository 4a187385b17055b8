/** Failure bundles as files, and what is needed to run what they hold. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { simulate } from '../index.ts'
import type { Bundle } from '../sim/explore/bundle.ts'
import { bundleText, looksLikeBundle, readBundle } from '../sim/explore/bundle.ts'
import type { Attempt } from '../sim/explore/shrink.ts'
import { CallerError, show } from '../sim/kernel/errors.ts'

import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunSpec, SimulateOptions } from '../sim/scenario/simulate.ts'
import { optionsOf } from '../sim/scenario/simulate.ts'
import type { Context } from './context.ts'
import { OutputFile, reason } from './output-file.ts'
import { blame } from './stack.ts'

const BEGINNING = 64

/** Whether a file is there and begins like a bundle. Never throws: what is wrong with a file, its reader says. */
export function isBundleFile(path: string): boolean {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const bytes = new Uint8Array(BEGINNING)
      const length = readSync(descriptor, bytes, 0, BEGINNING, 0)
      return looksLikeBundle(new TextDecoder().decode(bytes.subarray(0, length)))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return false
  }
}

/** Reads a bundle; throws a CallerError that names the file and what is wrong with it. */
export function loadBundle(path: string): Bundle {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CallerError(`cannot read ${show(path)}: ${reason(error)}`)
  }
  return readBundle(text, path)
}

/** A bundle's file; its path is checked when it is made, before anything is run. */
export class BundleOutput {
  private readonly file: OutputFile

  constructor(path: string) {
    this.file = new OutputFile(path)
  }

  finish(bundle: Bundle): void {
    const bytes = new TextEncoder().encode(bundleText(bundle))
    this.file.write(bytes, bytes.length)
    this.file.finish()
  }
}

/** The bundle's spec for the scenario as it is now: parameters that are gone are left out, and said. */
export function currentSpec(bundle: Bundle, scenario: Scenario, file: string, context: Context): RunSpec {
  const { spec } = bundle
  if (scenario.name !== spec.scenario) {
    throw new CallerError(`the scenario is '${scenario.name}'`, {
      expected: `'${spec.scenario}', of which ${file} is a failure`,
    })
  }
  const known = Object.entries(spec.params).filter(([name]) => Object.hasOwn(scenario.params, name))
  for (const name of Object.keys(spec.params)) {
    if (Object.hasOwn(scenario.params, name)) continue
    context.warn(
      `orrery: warning: scenario ${scenario.name} has no parameter '${name}' any more; it is left out`,
    )
  }
  return { ...spec, params: Object.fromEntries(known) }
}

/** Runs specs of a scenario; errors of its code become mistakes that name the line. */
export function attemptOf(scenario: Scenario, usual: { readonly maxEvents?: number } = {}): Attempt {
  return async (spec, { maxEvents = usual.maxEvents, records = false }) => {
    const options = {
      ...optionsOf(spec),
      records,
      ...(maxEvents === undefined ? {} : { maxEvents }),
    } as SimulateOptions
    try {
      return await simulate(scenario, options)
    } catch (error) {
      throw blame(error)
    }
  }
}
