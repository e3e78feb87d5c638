import { parseConfig, requireComplete } from '../../config.ts'
import type { Handout } from '../../domain/task.ts'
import { createLogger } from '../../logger.ts'
import { createRuntime } from '../../runtime.ts'
import { runTask } from '../../warmup/run-task.ts'
import { atMost, printFigures } from '../figures.ts'
import { MORNING, planWarmups } from '../installation.ts'
import { onStage, type Stage } from '../stage.ts'
import type { Part } from './part.ts'

const TASKS = 10
const PROCESSES = 2
/** Every token of the benchmark has ended by then. */
const THREE_YEARS_MS = 3 * 365 * 24 * 3_600_000

/** Ten tasks of one account whose token has ended, all at once: as two processes would run them, were they handed out so. */
export const measureRefreshes: Part = (servers) =>
  onStage(servers, async (stage) => {
    await stage.connect(2)
    const now = new Date(MORNING.getTime() + THREE_YEARS_MS)
    await planWarmups(stage.admin, { accounts: 2, warmups: TASKS, start: now, spreadMs: 0 })
    const handouts = await stage.admin<Handout[]>`
      update tasks set handout = 1, lease_until = clock_timestamp() + interval '1 minute'
      returning id::int as "taskId", kind, handout`
    const processes = Array.from({ length: PROCESSES }, () => openRuntime(stage, now))
    const ended = await Promise.all(
      handouts.map((handout, n) =>
        runTask((processes[n % PROCESSES] as (typeof processes)[0]).warmup, handout, () => ({
          signal: new AbortController().signal,
          release() {},
        })),
      ),
    )
    for (const { close } of processes) await close()
    // Of sends that began together one leaves, and the others see that it did and come again.
    if (!ended.includes('done') || ended.some((outcome) => outcome !== 'done' && outcome !== 'again'))
      throw new Error(`of ${TASKS} tasks ended ${ended.join(', ')}`)
    const refreshes = await countRefreshes(stage)
    return printFigures(`${TASKS} tasks at once of an account whose token has ended`, [
      { name: 'refreshes of its token', value: String(refreshes), goal: atMost(1, refreshes, '') },
    ])
  })

function openRuntime({ settings }: Stage, now: Date) {
  return createRuntime(requireComplete(parseConfig(settings)), { now: () => now }, createLogger('silent'))
}

async function countRefreshes({ google }: Stage): Promise<number> {
  const { entries } = await google.control<{ entries: { kind: string }[] }>('GET', 'ledger?limit=1000000')
  return entries.filter(({ kind }) => kind === 'refreshed').length
}
