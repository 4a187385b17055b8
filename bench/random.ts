// The random numbers of the benchmarks: sfc32 (Chris Doty-Humphrey, PractRand), the same in yardstick/heap.c,
// so that a yardstick in another language does the same work. Not the simulator's own streams on purpose: a
// change there must not change what is measured here.

/** Draws unsigned 32-bit integers; the same `seed`, the same sequence. */
export function sfc32(seed: number): () => number {
  let a = 0
  let b = 0
  let c = seed | 0
  let counter = 1
  const draw = (): number => {
    const mixed = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + mixed
    return mixed >>> 0
  }
  for (let i = 0; i < 12; i++) draw()
  return draw
}

/** `count` exponentially distributed integers with the given mean, from the given seed. */
export function exponentials(count: number, mean: number, seed: number): Uint32Array {
  const draw = sfc32(seed)
  return Uint32Array.from({ length: count }, () => Math.round(-Math.log((draw() + 0.5) / 4294967296) * mean))
}
