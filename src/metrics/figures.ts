import { setTimeout as delay } from 'node:timers/promises'
import { Gauge, type Registry } from 'prom-client'
import { ACCOUNT_KINDS, ACCOUNT_STATUSES } from '../domain/account.ts'
import type { Clock } from '../domain/clock.ts'
import type { QueueFigures, StoreFigures } from '../domain/figures.ts'
import { TASK_KINDS } from '../domain/task.ts'

export type FigureSources = {
  clock: Clock
  store(): Promise<StoreFigures>
  queue(): Promise<QueueFigures>
}

/** However many scrape, a store is asked no more often. */
const KEPT_MS = 5000
/** Well within the 10 s that Prometheus waits for a scrape. */
const ANSWER_WITHIN_MS = 3000

/**
 * Gauges of how things stand. Those of a store that does not answer are left out.
 * @returns what brings them up to date; to be called before they are told
 */
export function showFigures(
  registry: Registry,
  { clock, store, queue }: FigureSources,
  speed: number,
): () => Promise<void> {
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const up = gauge('kindling_store_up', 'Whether a store answered: 1, or 0', 'store')
  const accounts = gauge('kindling_accounts', 'Accounts, by type and status', 'kind', 'status')
  const unknown = gauge('kindling_unknown_sends', 'Mails of which nobody knows whether they were sent')
  const due = gauge('kindling_tasks_due', 'Tasks that are due and that nobody has begun', 'kind')
  const oldest = gauge(
    'kindling_oldest_due_task_seconds',
    'For how long the longest due of the tasks that nobody has begun has been due; 0 where none is',
  )
  const jobs = gauge('kindling_queue_jobs', 'Jobs in the queue’s store', 'kind', 'state')
  const askStore = kept(store)
  const askQueue = kept(queue)

  function showStore(figures: StoreFigures | null): void {
    up.set({ store: 'postgres' }, figures ? 1 : 0)
    if (!figures) {
      for (const labelled of [accounts, due]) labelled.reset()
      for (const single of [unknown, oldest]) single.remove()
      return
    }
    for (const kind of ACCOUNT_KINDS) for (const status of ACCOUNT_STATUSES) accounts.set({ kind, status }, 0)
    for (const { kind, status, count } of figures.accounts) accounts.set({ kind, status }, count)
    unknown.set(figures.unknownSends)
    for (const kind of TASK_KINDS) due.set({ kind }, 0)
    for (const { kind, count } of figures.due) due.set({ kind }, count)
    const since = Math.min(clock.now().getTime(), ...figures.due.map((some) => some.oldest.getTime()))
    oldest.set((clock.now().getTime() - since) / 1000 / speed)
  }

  function showQueue(figures: QueueFigures | null): void {
    up.set({ store: 'queue' }, figures ? 1 : 0)
    if (!figures) jobs.reset()
    for (const { kind, waiting, active } of figures ?? []) {
      jobs.set({ kind, state: 'waiting' }, waiting)
      jobs.set({ kind, state: 'active' }, active)
    }
  }

  return async () => {
    const [ofStore, ofQueue] = await Promise.all([askStore(), askQueue()])
    showStore(ofStore)
    showQueue(ofQueue)
  }
}

/** What was answered last, for a while; null where nothing is answered in time. */
function kept<T>(ask: () => Promise<T>): () => Promise<T | null> {
  let askedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<T | null> = Promise.resolve(null)
  return () => {
    if (performance.now() - askedAt < KEPT_MS) return answer
    askedAt = performance.now()
    answer = Promise.race([ask().catch(() => null), delay(ANSWER_WITHIN_MS, null, { ref: false })])
    return answer
  }
}
