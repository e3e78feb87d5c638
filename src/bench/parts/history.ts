import { atLeast, printFigures, short } from '../figures.ts'
import { addHistory } from '../history.ts'
import { onStage } from '../stage.ts'
import { printTable } from '../table.ts'
import { type Measured, warmupsASecond } from '../warmup-runs.ts'
import type { Part } from './part.ts'

const SIZES = [0, 100_000, 500_000]
/** No difference but that of two runs. */
const GOAL_PERCENT = 90

/** Whether warmups slow down as finished messages pile up. */
export const measureHistory: Part = (servers, { backends, accounts, concurrency, warmups }) =>
  onStage(servers, async (stage) => {
    const [backend = 'postgres'] = backends
    await stage.connect(accounts)
    const worked = await stage.startWorker(backend, { accounts, concurrency })
    await stage.runs.warmUp(worked)
    const results: { size: number; measured: Measured }[] = []
    for (const size of SIZES) {
      const more = size - (results.at(-1)?.size ?? 0)
      if (more > 0) await addHistory(stage.admin, more)
      results.push({ size, measured: await stage.runs.measure(worked, { warmups }) })
    }
    const title = `warmups beside a history, the queue on ${backend}`
    console.log(`\n${title}`)
    printTable([
      ['', 'warmups a second', 'CPU of a task', 'in all'],
      ...results.map(({ size, measured: { cpuMs, allCpuMs, tasks }, measured }) => [
        `  ${size} finished messages`,
        short(warmupsASecond(measured)),
        `${short(cpuMs / tasks)} ms`,
        allCpuMs === null ? '—' : `${short(allCpuMs / tasks)} ms`,
      ]),
    ])
    const [first, last] = [results[0], results.at(-1)]
    if (!first || !last) return []
    const share = (100 * warmupsASecond(last.measured)) / warmupsASecond(first.measured)
    return printFigures(title, [
      {
        name: `with ${last.size} as with none`,
        value: `${share.toFixed(0)} %`,
        goal: atLeast(GOAL_PERCENT, share, ' %'),
      },
    ])
  })
