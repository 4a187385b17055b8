/** What requests cost: distributions of one mean and very different spread. */
import type { RandomStream } from 'orrery-sim'

/** Names of the distributions, from none to much spread. */
export const workloads = ['constant', 'exponential', 'bimodal', 'log-normal'] as const

export type Work = (typeof workloads)[number]

/** Share and size of the long requests of `bimodal`, in means; the others are as short as the mean demands. */
const LONG = { share: 0.1, size: 5.5 }
const SHORT_SIZE = (1 - LONG.share * LONG.size) / (1 - LONG.share)

/** Standard deviation of the logarithm of `log-normal`. */
const SIGMA = 1.2

/** One request's work: any unit, with the given mean. */
export function drawWork(work: Work, mean: number, random: RandomStream): number {
  switch (work) {
    case 'constant':
      return mean
    case 'exponential':
      return random.exponential(mean)
    case 'bimodal':
      return mean * (random.chance(LONG.share) ? LONG.size : SHORT_SIZE)
    case 'log-normal': {
      const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
      return mean * Math.exp(SIGMA * radius * Math.cos(2 * Math.PI * random.next()) - (SIGMA * SIGMA) / 2)
    }
  }
}

/** Mean of the square of the work, over the square of its mean: 1 without spread; queues grow with it. */
export function secondMoment(work: Work): number {
  switch (work) {
    case 'constant':
      return 1
    case 'exponential':
      return 2
    case 'bimodal':
      return LONG.share * LONG.size * LONG.size + (1 - LONG.share) * SHORT_SIZE * SHORT_SIZE
    case 'log-normal':
      return Math.exp(SIGMA * SIGMA)
  }
}
