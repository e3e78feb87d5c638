import { atMost, printFigures, short } from '../figures.ts'
import { onStage } from '../stage.ts'
import { countOf } from '../statements.ts'
import { printTable } from '../table.ts'
import type { Measured } from '../warmup-runs.ts'
import type { Part } from './part.ts'

const SIZES = [10, 100, 1000, 10_000]
/** Ten accounts have one task each in hand at most: more warmups of them take long and tell no more. */
const WARMUPS = 500
const GOAL_GROWTH = 1.25

/** Whether a task costs more where there are more accounts. */
export const measureAccounts: Part = (servers, { backends, concurrency }) =>
  onStage(servers, async (stage) => {
    const [backend = 'postgres'] = backends
    const results: { size: number; measured: Measured }[] = []
    for (const size of SIZES) {
      await stage.connect(size)
      const worked = await stage.startWorker(backend, { accounts: size, concurrency })
      await stage.runs.warmUp(worked)
      results.push({ size, measured: await stage.runs.measure(worked, { warmups: WARMUPS }) })
      await worked.worker.stop()
    }
    const title = `a task of many accounts, the queue on ${backend}`
    console.log(`\n${title}`)
    printTable([
      ['', 'CPU', 'in all', 'SQL'],
      ...results.map(({ size, measured: { cpuMs, allCpuMs, statements, tasks } }) => [
        `  ${size} accounts`,
        `${short(cpuMs / tasks)} ms`,
        allCpuMs === null ? '—' : `${short(allCpuMs / tasks)} ms`,
        statements ? short(countOf(statements) / tasks) : '—',
      ]),
    ])
    const costs = results.map(({ measured }) => measured.cpuMs / measured.tasks)
    const growth = (costs.at(-1) ?? 0) / Math.min(...costs)
    return printFigures(title, [
      {
        name: `of ${SIZES.at(-1)} accounts, times the cheapest`,
        value: short(growth),
        goal: atMost(GOAL_GROWTH, growth, ''),
      },
    ])
  })
