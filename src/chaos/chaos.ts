import { setTimeout as delay } from 'node:timers/promises'
import type { LedgerEntry } from '../sandbox/state/shapes.ts'
import { check } from './check.ts'
import { lostAnswers } from './clauses/refreshes.ts'
import { readFacts } from './facts.ts'
import { type MailFigures, readMailFigures } from './figures.ts'
import { LOSES_ANSWERS } from './google-faults.ts'
import { play, type Toll } from './nemesis.ts'
import type { Queue } from './options.ts'
import { type Scheduled, schedule } from './schedule.ts'
import { standStill, stuckTasks } from './settle.ts'
import type { Stage } from './stage.ts'

export type Verdict = {
  mails: MailFigures
  toll: Toll
  refreshes: { asked: number; lost: number }
  /** What is wrong, in words; empty where all is well. */
  wrong: string[]
}

/** As many as one process asks for at once. */
const REFRESHES_AT_ONCE = 20
/** What may come between Google’s answer to a refresh and the commit. */
const BREAKS_OFF = /^(worker|postgres|sessions|connections cut to postgres)/
const LEDGER_PAGE = 1000

/** Lets the faults rage, gives the system time to settle, and holds what became of its work against what was promised. */
export async function runChaos(
  stage: Stage,
  options: {
    queue: Queue
    seed: number
    lengthMs: number
    signal: AbortSignal
    onProgress(mails: MailFigures): void
  },
): Promise<Verdict> {
  const { runtime, fleet } = stage
  const { signal } = options
  const scheduled: Scheduled[] = schedule(options)
  const watching = new AbortController()
  const watch = report(stage, options.onProgress, watching.signal)
  const toll = await play(stage, scheduled, signal).finally(() => watching.abort())
  await watch
  await fleet.running()
  const stuck = await stuckTasks(runtime)
  const isStill = await standStill(runtime)
  await fleet.stop()

  const ledger = await readLedger(stage)
  const facts = await readFacts(runtime.db, {
    ledger,
    now: runtime.warmup.clock.now(),
    mayLoseAnswers: mayLose(toll),
    lateAnswers: mayComeLate(toll),
    rejectedTokens: toll.struck.get('401') ?? 0,
  })
  return {
    mails: await readMailFigures(runtime),
    toll,
    refreshes: {
      asked: ledger.filter(({ kind }) => kind === 'refreshed').length,
      lost: lostAnswers(facts),
    },
    wrong: [
      ...fleet.faults,
      ...stuck,
      ...(isStill ? [] : ['what had begun was not over a minute and a half later']),
      ...check(facts).map(({ clause, words }) => `${clause}: ${words}`),
    ],
  }
}

function mayLose({ done, struck }: Toll): number {
  let count = 0
  for (const [name, times] of done) if (BREAKS_OFF.test(name)) count += times * REFRESHES_AT_ONCE
  for (const how of LOSES_ANSWERS) count += struck.get(how) ?? 0
  return count
}

function mayComeLate({ done, struck }: Toll): number {
  return (done.get('worker frozen') ?? 0) * REFRESHES_AT_ONCE + (struck.get('slow') ?? 0)
}

async function report(stage: Stage, tell: (mails: MailFigures) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // The database may be away, as everything else here.
    const mails = await readMailFigures(stage.runtime).catch(() => null)
    if (mails) tell(mails)
    await delay(1000, undefined, { signal }).catch(() => {})
  }
}

async function readLedger({ sandbox }: Stage): Promise<LedgerEntry[]> {
  const ledger: LedgerEntry[] = []
  for (;;) {
    const path = `ledger?after=${ledger.length}&limit=${LEDGER_PAGE}`
    const { entries } = await sandbox.control<{ entries: LedgerEntry[] }>('GET', path)
    ledger.push(...entries)
    if (entries.length < LEDGER_PAGE) return ledger
  }
}
