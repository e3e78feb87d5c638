import type { Sql } from 'postgres'
import { MORNING, planWarmups } from './installation.ts'
import { processorTime } from './processor-time.ts'
import type { SandboxProcess } from './sandbox-process.ts'
import type { Statement, StatementCounter } from './statements.ts'
import type { RunFigures, WorkerProcess } from './worker-process.ts'

const DAY_MS = 24 * 3_600_000
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
}

export type Worked = {
  worker: WorkerProcess
  concurrency: number
  /** So many of the accounts take part. */
  accounts: number
  /** The processes that carry the worker: Postgres, Redis, Google; null where one is not known. */
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

export type Throughput = ReturnType<typeof createThroughput>

/** Runs complete warmups, each run on days of its own: whoever has sent tomorrow may not send today. */
export function createThroughput({ admin, google, statements }: Ground) {
  let days = 0

  return {
    /** After it every account has its label, and every statement and function is compiled. */
    async warmUp(worked: Worked): Promise<void> {
      await measure(worked, { warmups: Math.floor(worked.accounts / 2), profile: null })
    },
    measure,
  }

  async function measure(
    { worker, concurrency, accounts, pids }: Worked,
    { warmups, profile }: { warmups: number; profile: string | null },
  ): Promise<Measured> {
    const spreadMs = warmups * SPREAD_MS_PER_WARMUP
    const start = nextStart(spreadMs)
    const sentBefore = await countSent(admin)
    await planWarmups(admin, { accounts, warmups, start, spreadMs })
    const all = [worker.pid, ...pids]
    const before = { calls: await callsOf(google), cpu: processorTime(all) }
    await statements?.reset()
    const figures = await worker.run({
      warmups,
      start: start.getTime(),
      hungryBelow: Math.min(BACKLOG * concurrency, MOST_IN_HAND, Math.max(2, accounts / 4)),
      stepMs: STEP_MS,
      lastKind: 'reply',
      profile,
    })
    const cpu = processorTime(all)
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

  function nextStart(spreadMs: number): Date {
    const start = new Date(MORNING.getTime() + days * DAY_MS)
    days += Math.ceil(spreadMs / DAY_MS) + 2
    return start
  }
}

async function callsOf(google: SandboxProcess): Promise<Record<string, number>> {
  return (await google.control<{ calls: Record<string, number> }>('GET', 'calls')).calls
}

async function countSent(admin: Sql): Promise<number> {
  const [row] = await admin`select count(*)::int as n from messages where state = 'sent'`
  return row?.n ?? 0
}
