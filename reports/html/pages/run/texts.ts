/** Records in words. */
import type { RunStore } from './store.ts'

/** What a record says in one line, without its time: `client[1]: request write → replica[0]`. */
export function rowText(store: RunStore, row: number): string {
  const { records, data } = store
  const kind = records.kindOf(row)
  const node = data.nodes[records.node[row] as number]?.name
  const peer = data.nodes[records.peer[row] as number]?.name
  const type = records.typeOf(row)
  const isFrom = kind === 'deliver' || kind === 'handle'
  return [
    `${node ?? 'world'}: ${kind}`,
    ...(type === '' ? [] : [type]),
    ...(peer === undefined ? [] : [`${isFrom ? '←' : '→'} ${peer}`]),
  ].join(' ')
}
