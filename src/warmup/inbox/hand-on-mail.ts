import type { Account } from '../../db/accounts.ts'
import type { HandoffResult, WaitingMail } from '../../db/mail-routes.ts'
import type { StartedTask } from '../../db/started-task.ts'
import { wordsOf } from '../../domain/errors.ts'
import { type HandedMail, handedMail } from '../../domain/handed-mail.ts'
import type { RouteTarget } from '../../domain/mail-route.ts'
import { type Outcome, retryTime } from '../../domain/task.ts'
import type { Warmup } from '../dependencies.ts'

/** Takes a mail that is handed on, or throws. It may be given the same one again, under the same `id`. */
export type MailTaker = (route: WaitingMail['route'], mail: HandedMail, signal: AbortSignal) => Promise<void>
export type MailTakers = Record<RouteTarget, MailTaker>

/** Of each route in one run: the account's other tasks wait meanwhile. */
const MOST_AT_ONCE = 25
const LONGEST_MS = 15_000
const MORE = 'more mail to hand on'

type HandOnRun = StartedTask & { account: Account; owner: string; signal: AbortSignal }

/**
 * Hands an account's mail to each route that takes it, one after the other, in the order in which it came in. What is not
 * taken is tried again, and those behind it wait; other routes do not.
 */
export async function handOnMail(
  warmup: Warmup,
  { task, account, owner, signal }: HandOnRun,
): Promise<Outcome> {
  const { store, clock } = warmup
  const waiting = await store.mailRoutes.waiting(account.id, clock.now(), MOST_AT_ONCE)
  const byRoute = Map.groupBy(waiting, ({ route }) => route.id)
  const results = await Promise.all(
    [...byRoute.values()].map((some) => handToRoute(warmup, account, some, signal)),
  )
  const now = clock.now()
  await store.mailRoutes.ended(results.flat(), now)
  signal.throwIfAborted()
  // Mail that is added meanwhile brings the task forward: that waits here, or what it added is seen.
  const nextAt = await store.transaction(async (tx) => {
    if (!(await tx.tasks.lock(task.id, owner))) return null
    const at = await tx.mailRoutes.nextAt(account.id, now)
    if (at) await tx.tasks.putOff(task.id, owner, { at, reason: MORE })
    else await tx.tasks.finish(task.id, owner)
    return at
  })
  return nextAt ? { kind: 'again', at: nextAt, reason: MORE, isKept: true } : { kind: 'done', isKept: true }
}

/** Ends with the first that is not taken. */
async function handToRoute(
  { takers, clock, random, log }: Warmup,
  { id, email }: Account,
  waiting: readonly WaitingMail[],
  signal: AbortSignal,
): Promise<HandoffResult[]> {
  const results: HandoffResult[] = []
  const enough = performance.now() + LONGEST_MS
  for (const { handoffId, createdAt, tries, route, mail } of waiting) {
    if (signal.aborted || performance.now() > enough) break
    try {
      if (!takers) throw new Error('this process hands nothing on')
      const handed = handedMail({ handoffId, createdAt }, { id, email }, route.name, mail)
      await takers[route.target](route, handed, signal)
      results.push({ handoffId, failure: null, notBefore: null })
    } catch (error) {
      // Cut off here, it says nothing of who was to take it.
      if (signal.aborted) break
      const failure = wordsOf(error)
      log.warn({ accountId: id, handoffId, routeId: route.id, reason: failure }, 'a mail was not taken')
      results.push({ handoffId, failure, notBefore: retryTime(tries + 1, clock.now(), null, random) })
      break
    }
  }
  return results
}
