/**
 * The tree that master, workers and clients share:
 *
 * | znode                     | made by | means                                            |
 * |---------------------------|---------|--------------------------------------------------|
 * | `/masters/...-n_<number>` | masters | election: the lowest leads (ephemeral)           |
 * | `/workers/<worker>`       | workers | is there (ephemeral)                             |
 * | `/tasks/<task>`           | client  | waits for somebody to do it                      |
 * | `/assign/<worker>/<task>` | master  | is to be done by that worker                     |
 * | `/status/<task>`          | worker  | is done; holds the result                        |
 * | `/total`                  | worker  | what all results have come to (`add` and `multi`) |
 *
 * A task's data is the amount that doing it brings. Its name is the client's choice and unique: a task that is submitted
 * twice, because an answer was lost, is still one task.
 */
export const MASTERS = '/masters'
export const WORKERS = '/workers'
export const TASKS = '/tasks'
export const ASSIGN = '/assign'
export const STATUS = '/status'
export const TOTAL = '/total'

/**
 * How a worker records what it has done:
 *
 * - `add`: adds to the total, then says that it is done. If it dies between the two, the task is done again.
 * - `create-once`: one znode is both. Whoever comes second finds it there.
 * - `multi`: adds to the total, says that it is done and takes it off its list, all of it or nothing.
 */
export type Recording = 'add' | 'create-once' | 'multi'
