import type { Sql } from 'postgres'
import { MORNING, planWarmups } from './installation.ts'
import { processorTime } from './processor-time.ts'
import type { SandboxProcess } from './sandbox-process.ts'
import type { Statement, StatementCounter } from './statements.ts'
import type { RunFigures, RunOrder, WorkerProcess } from './worker-process.ts'

export const WARMUP_KINDS = ['send', 'open', 'reply'] as const
export type WarmupKind = (typeof WARMUP_KINDS)[number]

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Hours after a sending in the morning: by then all of it is to be read, and all that was read is to be answered. */
const READ_AFTER_HOURS = 4
const ANSWERED_AFTER_HOURS = 10
/** Conversations begin over so long a time that most of what is due at any time is of all kinds. */
const SPREAD_MS_PER_WARMUP = 2 * 60_000
/** Makes some 150 tasks due. */
const STEP_MS = 50 * SPREAD_MS_PER_WARMUP
/** Jobs in hand that keep a worker busy, as so many times what it does at once. */
const BACKLOG = 12
const MOST_IN_HAND = 800
/** Warmups of a run that is not looked at. */
const LEAST_WARM_UPS = 500

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
  tasks: number
  /** Calls of Gmail. */
  calls: number
  statements: Statement[] | null
  /** Of all processes that had a part in it; null where the system does not tell. */
  allCpuMs: number | null
}

export type WarmupRuns = ReturnType<typeof createWarmupRuns>

/** Runs complete warmups, each run on days of its own: whoever has sent tomorrow may not send today. */
export function createWarmupRuns({ admin, google, statements }: Ground) {
  let days = 0
  const runs = {
    /** After it every account has its label, and every statement and function is compiled. */
    async warmUp(worked: Worked): Promise<void> {
      await runs.measure(worked, { warmups: Math.max(LEAST_WARM_UPS, Math.floor(worked.accounts / 2)) })
    },

    /** All kinds of task together, as they come. */
    async measure(
      worked: Worked,
      { warmups, profile = null }: { warmups: number; profile?: string | null },
    ): Promise<Measured> {
      const { accounts, concurrency } = worked
      const spreadMs = warmups * SPREAD_MS_PER_WARMUP
      const start = nextStart(spreadMs)
      const before = await countSent(admin)
      await planWarmups(admin, { accounts, warmups, start, spreadMs })
      const measured = await observe(worked, {
        warmups,
        start: start.getTime(),
        hungryBelow: Math.min(BACKLOG * concurrency, MOST_IN_HAND, Math.max(2, accounts / 4)),
        stepMs: STEP_MS,
        lastKind: 'reply',
        outcome: 'done',
        profile,
      })
      const sent = (await countSent(admin)) - before
      if (sent !== 2 * warmups) throw new Error(`${sent} mails were sent, ${2 * warmups} were to be`)
      return measured
    },

    /** Each kind of task by itself, once all of the kind before are done. */
    async byKind(worked: Worked, warmups: number): Promise<Record<WarmupKind, Measured>> {
      const start = nextStart(0)
      await planWarmups(admin, { accounts: worked.accounts, warmups, start, spreadMs: 0 })
      const only = (lastKind: WarmupKind, hours: number) =>
        observe(worked, {
          warmups,
          start: start.getTime() + hours * HOUR_MS,
          hungryBelow: 0,
          stepMs: 0,
          lastKind,
          outcome: 'done',
          profile: null,
        })
      return {
        send: await only('send', 0),
        open: await only('open', READ_AFTER_HOURS),
        reply: await only('reply', ANSWERED_AFTER_HOURS),
      }
    },

    /** So many rounds of fetching, in the wall's time. */
    syncs(worked: Worked, rounds: number): Promise<Measured> {
      return observe(worked, {
        warmups: rounds,
        start: null,
        hungryBelow: 0,
        stepMs: 0,
        lastKind: 'sync',
        outcome: 'again',
        profile: null,
      })
    },

    /** Sends in the wall's time, so many a second. @returns for each the milliseconds from due to done */
    async lateness(worked: Worked, { sends, rate }: { sends: number; rate: number }): Promise<number[]> {
      const start = new Date(Date.now() + 2000)
      await planWarmups(admin, {
        accounts: worked.accounts,
        warmups: sends,
        start,
        spreadMs: (sends / rate) * 1000,
      })
      const due = await admin<{ id: number; due: number }[]>`
        select id::int, extract(epoch from due_at)::float8 * 1000 as due from tasks`
      const dueAt = new Map(due.map((task) => [task.id, task.due]))
      const { doneAt } = await worked.worker.run({
        warmups: sends,
        start: null,
        hungryBelow: 0,
        stepMs: 0,
        lastKind: 'send',
        outcome: 'done',
        profile: null,
      })
      return doneAt.flatMap(([id, at]) => {
        const dueThen = dueAt.get(id)
        return dueThen === undefined ? [] : at - dueThen
      })
    },
  }
  return runs

  async function observe({ worker, pids }: Worked, order: RunOrder): Promise<Measured> {
    const all = [worker.pid, ...pids]
    const before = { calls: await countCalls(google), cpu: processorTime(all) }
    await statements?.reset()
    const figures = await worker.run(order)
    const cpu = processorTime(all)
    return {
      ...figures,
      tasks: figures.doneAt.length,
      calls: (await countCalls(google)) - before.calls,
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

async function countCalls(google: SandboxProcess): Promise<number> {
  const { calls } = await google.control<{ calls: Record<string, number> }>('GET', 'calls')
  return Object.values(calls).reduce((sum, count) => sum + count, 0)
}

async function countSent(admin: Sql): Promise<number> {
  const [row] = await admin`select count(*)::int as n from messages where state = 'sent'`
  return row?.n ?? 0
}

export function warmupsASecond({ steady }: Measured): number {
  return (steady.warmups / steady.ms) * 1000
}
