import type { Sql } from 'postgres'
import { MORNING, planWarmups } from './installation.ts'
import { processorTime } from './processor-time.ts'
import type { SandboxProcess } from './sandbox-process.ts'
import type { Statement, StatementCounter } from './statements.ts'
import type { RunFigures, WorkerProcess } from './worker-process.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Conversations begin over so long a time that most of what is due at any time is of all kinds. */
const SPREAD_MS_PER_WARMUP = 60_000
/** Makes some 150 tasks due. */
const STEP_MS = 50 * 60_000
/** Jobs in hand that keep a worker busy, as so many times what it does at once. */
const BACKLOG = 12
const MOST_IN_HAND = 800

export type Ground = {
  admin: Sql
  google: SandboxProcess
  statements: StatementCounter | null
  accounts: number
  concurrency: number
  /** The processes that carry the worker: Postgres, Redis, Google. */
  pids: readonly (number | null)[]
}

export type Measured = RunFigures & {
  warmups: number
  tasks: number
  /** By method of Gmail. */
  calls: Record<string, number>
  statements: Statement[] | null
  /** Of all processes that had a part in it; null where the system does not tell. */
  allCpuMs: number | null
}

export function createThroughput(ground: Ground) {
  let days = 0
  const nextStart = (spreadMs: number) => {
    const start = new Date(MORNING.getTime() + days * DAY_MS)
    days += Math.ceil(spreadMs / DAY_MS) + 2
    return start
  }

  return {
    /** After it every account has its label, and every statement and function is compiled. */
    async warmUp(worker: WorkerProcess): Promise<void> {
      await measure(worker, { warmups: Math.floor(ground.accounts / 2), profile: null })
    },
    measure,
  }

  async function measure(
    worker: WorkerProcess,
    { warmups, profile }: { warmups: number; profile: string | null },
  ): Promise<Measured> {
    const { admin, google, statements, accounts, concurrency } = ground
    const spreadMs = warmups * SPREAD_MS_PER_WARMUP
    const start = nextStart(spreadMs)
    const sentBefore = await countSent(admin)
    await planWarmups(admin, { accounts, warmups, start, spreadMs })
    const pids = [worker.pid, ...ground.pids]
    const before = { calls: await callsOf(google), cpu: processorTime(pids) }
    await statements?.reset()
    const figures = await worker.run({
      warmups,
      start: start.getTime(),
      hungryBelow: Math.min(BACKLOG * concurrency, MOST_IN_HAND, Math.max(2, accounts / 4)),
      stepMs: STEP_MS,
      lastKind: 'reply',
      profile,
    })
    const cpu = processorTime(pids)
    const calls = await callsOf(google)
    const sent = (await countSent(admin)) - sentBefore
    if (sent !== 2 * warmups) throw new Error(`${sent} mails were sent, ${2 * warmups} were to be`)
    return {
      ...figures,
      warmups,
      tasks: figures.doneAt.length,
      calls: Object.fromEntries(
        Object.entries(calls).map(([method, count]) => [method, count - (before.calls[method] ?? 0)]),
      ),
      statements: statements ? await statements.list() : null,
      allCpuMs: cpu !== null && before.cpu !== null ? cpu - before.cpu : null,
    }
  }
}

async function callsOf(google: SandboxProcess): Promise<Record<string, number>> {
  return (await google.control<{ calls: Record<string, number> }>('GET', 'calls')).calls
}

async function countSent(admin: Sql): Promise<number> {
  const [row] = await admin`select count(*)::int as n from messages where state = 'sent'`
  return row?.n ?? 0
}
