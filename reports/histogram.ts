/**
 * A distribution in a few characters: one block element a class, as high as the class is full. Classes are equally wide
 * from the least to the greatest value; on a logarithmic scale where the greatest is ten times the least or more, since
 * a long tail would else leave one class full and the others empty.
 *
 * Block elements are written whatever the terminal is, as the dots of the timeline are: the same command gives the same
 * bytes.
 */
const BLOCKS = '▁▂▃▄▅▆▇█'
const EMPTY = ' '

/** Fewer values are not a distribution. */
const LEAST = 5

/** How much greater the greatest value must be than the least for a logarithmic scale. */
const LOGARITHMIC_FROM = 10

/**
 * @param width how many classes, and so characters
 * @returns empty if there are too few values, or all are the same
 */
export function histogram(values: readonly number[], width: number): string {
  if (values.length < LEAST) return ''
  let least = Infinity
  let greatest = -Infinity
  for (const value of values) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  if (least === greatest) return ''
  const isLogarithmic = least > 0 && greatest >= least * LOGARITHMIC_FROM
  const scale = isLogarithmic ? Math.log : (value: number) => value
  const from = scale(least)
  const span = scale(greatest) - from
  const counts = new Uint32Array(width)
  for (const value of values) {
    const at = Math.min(width - 1, Math.floor(((scale(value) - from) / span) * width))
    counts[at] = (counts[at] as number) + 1
  }
  const fullest = Math.max(...counts)
  return Array.from(counts, (count) => blockOf(count, fullest)).join('')
}

/** What is not empty is seen, however few they are. */
function blockOf(count: number, fullest: number): string {
  if (count === 0) return EMPTY
  return BLOCKS[Math.max(0, Math.ceil((count / fullest) * BLOCKS.length) - 1)] as string
}
