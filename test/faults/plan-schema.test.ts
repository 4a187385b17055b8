import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import prettier from 'prettier'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parsePlanFile, planJsonSchema } from '../../faults/plan-schema.ts'
import { checkFault, vocabulary } from '../../faults/vocabulary.ts'
import { CallerError } from '../../sim/kernel/errors.ts'

const at = (path: string): string => fileURLToPath(new URL(`../../faults/${path}`, import.meta.url))

interface JsonSchema {
  readonly $ref?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly definitions?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly const?: string
}

const schema = planJsonSchema() as JsonSchema
const definitions = schema.definitions ?? {}

describe('the JSON Schema of plan files', () => {
  it('is committed as it is generated (UPDATE_GOLDEN=1 writes it)', async () => {
    const file = at('plan.schema.json')
    const text = await prettier.format(JSON.stringify(schema), { parser: 'json', printWidth: 110 })
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('lists every kind as an alternative, told apart by its name', () => {
    const alternatives = (definitions.fault?.anyOf ?? []).map(({ $ref }) =>
      $ref?.replace('#/definitions/', ''),
    )
    expect(alternatives).toEqual(vocabulary.kinds)
    for (const kind of vocabulary.kinds) expect(definitions[kind]?.properties?.kind?.const).toBe(kind)
  })

  it('describes every kind and each of its fields, and refuses unknown ones', () => {
    for (const kind of vocabulary.kinds) {
      const definition = definitions[kind]
      expect(definition?.description, kind).toMatch(/^[A-Z].*\.$/)
      expect(definition?.additionalProperties, kind).toBe(false)
      expect(definition?.required?.slice(0, 2), kind).toEqual(['at', 'kind'])
      for (const [name, field] of Object.entries(definition?.properties ?? {})) {
        expect(field.description, `${kind}.${name}`).toMatch(/^[A-Z].*\.$/)
      }
    }
  })

  it('refers only to definitions that it has', () => {
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(20)
    for (const [, name] of references) expect(Object.keys(definitions)).toContain(name)
  })

  it('writes durations with the pattern that the simulator reads', () => {
    const pattern = /"pattern":"((?:[^"\\]|\\.)*)"/.exec(JSON.stringify(definitions.pause))?.[1]
    const accepts = new RegExp(JSON.parse(`"${pattern ?? ''}"`) as string)
    for (const text of ['2s', '1.5s', '40us', '.5ms', '1e3ms', '+2m', '1h']) {
      expect(accepts.test(text), text).toBe(true)
      expect(() => checkFault({ at: text, kind: 'heal' }, '')).not.toThrow()
    }
    for (const text of ['2', 's', '-2s', '2 s', '2S', '1d', '']) {
      expect(accepts.test(text), text).toBe(false)
      expect(() => checkFault({ at: text, kind: 'heal' }, '')).toThrow(CallerError)
    }
  })
})

describe('a plan file', () => {
  const plan = [{ at: '2s', kind: 'heal' }]

  it('is a list of faults, which replaces those of the scenario', () => {
    expect(parsePlanFile(plan)).toEqual({ mode: 'replace', plan })
  })

  it('or an object with the list and what to do with it', () => {
    expect(parsePlanFile({ plan })).toEqual({ mode: 'replace', plan })
    expect(parsePlanFile({ $schema: 'plan.schema.json', mode: 'add', plan })).toEqual({ mode: 'add', plan })
  })

  it.each([
    ['heal', "'heal' is not a plan; expected a list of faults, or { plan: [...] }"],
    [null, 'null is not a plan; expected a list of faults, or { plan: [...] }'],
    [{}, 'plan is missing; expected a list of faults'],
    [{ plan: 3 }, 'plan: 3; expected a list of faults'],
    [
      { plan, mod: 'add' },
      "mod: unknown field of a plan file 'mod'; expected one of plan, mode, $schema; did you mean 'mode'?",
    ],
    [{ plan, mode: 'ad' }, "mode: unknown mode 'ad'; expected one of replace, add; did you mean 'add'?"],
    [{ plan, mode: 1 }, 'mode: 1; expected one of replace, add'],
    [{ plan: [...plan, { at: 1, kind: 'heel' }] }, /^plan\[1\]\.kind: unknown kind of fault 'heel'/],
    [[{ at: 1, kind: 'crash', node: ['['] }], /^\[0\]\.node\[0\]: '\[' is not a selector/],
  ])('is refused with the place of the mistake: %o', (content, message) => {
    expect(() => parsePlanFile(content)).toThrow(message)
  })
})

describe('the table of faults', () => {
  const text = readFileSync(at('README.md'), 'utf8')
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, yaml]) => parse(yaml ?? '') as unknown,
  )

  it('has an example of every kind that can be run', () => {
    const shown = examples.flatMap((example) => parsePlanFile(example).plan.map(({ kind }) => kind as string))
    expect([...new Set(shown)].sort()).toEqual([...vocabulary.kinds].sort())
  })

  it('names every field of every kind in its section', () => {
    for (const kind of vocabulary.kinds) {
      const section = new RegExp(`\n#+ \`${kind}\`\n([\\s\\S]*?)(?=\n#|$)`).exec(text)?.[1]
      expect(section, kind).toBeDefined()
      for (const field of Object.keys(definitions[kind]?.properties ?? {})) {
        if (field !== 'at' && field !== 'kind') expect(section, `${kind}.${field}`).toContain(`\`${field}\``)
      }
    }
  })
})
