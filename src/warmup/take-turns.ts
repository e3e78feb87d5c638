/** Lets so many in at once; the others wait in the order in which they came. */
export type Turns = { take<T>(work: () => Promise<T>): Promise<T> }

export function createTurns(most: number): Turns {
  let taken = 0
  const waiting: (() => void)[] = []
  return {
    async take(work) {
      if (taken < most) taken += 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else taken -= 1
      }
    },
  }
}
