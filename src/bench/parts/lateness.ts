import { printFigures, quantile } from '../figures.ts'
import { onStage } from '../stage.ts'
import type { Part } from './part.ts'

const RATE = 50
const SENDS = 500

/** How long after its time a mail has left, while so many a second are due: in the wall's time, at the pace of production. */
export const measureLateness: Part = async (servers, { backends, accounts, concurrency }) => {
  const misses: string[] = []
  for (const backend of backends) {
    const late = await onStage(servers, async (stage) => {
      await stage.connect(accounts)
      const worked = await stage.startWorker(backend, { accounts, concurrency })
      await stage.runs.warmUp(worked)
      return stage.runs.lateness(worked, { sends: SENDS, rate: RATE })
    })
    const seconds = (q: number) => `${(quantile(late, q) / 1000).toFixed(2)} s`
    misses.push(
      ...printFigures(`from due to done, ${RATE} sends a second, the queue on ${backend}`, [
        { name: 'half of them within', value: seconds(0.5) },
        { name: '95 of 100 within', value: seconds(0.95) },
        { name: '99 of 100 within', value: seconds(0.99) },
      ]),
    )
  }
  return misses
}
