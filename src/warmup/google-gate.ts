import { AsyncLocalStorage } from 'node:async_hooks'
import type { StartedTask } from '../db/started-task.ts'
import { GoogleError } from '../domain/errors.ts'
import { METHOD_UNITS, TASK_UNITS } from '../domain/quota.ts'
import type { Outcome } from '../domain/task.ts'
import type { GmailCall } from '../google/gmail.ts'
import { type BudgetSettings, createGmailBudget } from './gmail-budget.ts'
import { createGoogleWatch, isGooglesFailure, type WatchDependencies } from './google-watch.ts'

export type GoogleGate = ReturnType<typeof createGoogleGate>

/** Tasks that were sent away together do not come back in the same second. */
const APART_SECONDS = 10

/** Lets a task begin only while Google answers and its quota allows it. */
export function createGoogleGate(dependencies: WatchDependencies, settings: BudgetSettings) {
  const { random, log } = dependencies
  const watch = createGoogleWatch(dependencies)
  const budget = createGmailBudget(dependencies, settings)
  /** In whose name Gmail is being asked. */
  const asking = new AsyncLocalStorage<number>()

  /** Runs a task, or says when it may ask again. */
  async function admitted(
    { task, account }: StartedTask,
    signal: AbortSignal,
    run: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const units = TASK_UNITS[task.kind]
    if (!account || units === undefined) return run()
    const outage = await watch.waitOf(account.id)
    if (outage) return { kind: 'again', at: outage, reason: 'Google fails', untried: true }
    const wait = await budget.waitOf(account.id, units)
    if (wait) {
      watch.release(account.id)
      return { kind: 'again', at: apart(wait.at), reason: wait.reason, untried: true }
    }
    try {
      const outcome = await run()
      if (task.kind === 'check') await watch.answered(account.id)
      return outcome
    } catch (error) {
      // What was cut off here says nothing of Google.
      if (isGooglesFailure(error) && !signal.aborted) await watch.failed(account.id, error)
      throw error
    } finally {
      watch.release(account.id)
      budget.release(units)
    }
  }

  /** Asks Gmail something in the name of an account. */
  async function during<T>(accountId: number, ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await asking.run(accountId, ask)
      await watch.answered(accountId)
      return answer
    } catch (error) {
      if (error instanceof GoogleError && !isGooglesFailure(error)) await watch.answered(accountId)
      throw error
    }
  }

  function apart(at: Date): Date {
    return new Date(at.getTime() + APART_SECONDS * random() * 1000)
  }

  return {
    admitted,
    during,
    onCall: ({ method }: GmailCall) => budget.spend(METHOD_UNITS[method], asking.getStore() ?? null),

    /** Learns every so often, in real milliseconds, what other processes know. */
    start(everyMs: number): { stop(): Promise<void> } {
      let beating: Promise<unknown> = Promise.resolve()
      let isStopped = false
      const beat = () => {
        beating = Promise.all([watch.refresh(), budget.settle()])
          .catch((err: unknown) =>
            log.warn({ err }, 'what is known of Google could not be shared; it will be'),
          )
          .then(() => {
            if (!isStopped) timer = setTimeout(beat, everyMs).unref()
          })
      }
      let timer = setTimeout(beat, everyMs).unref()
      return {
        async stop() {
          isStopped = true
          clearTimeout(timer)
          await beating
        },
      }
    },
  }
}
