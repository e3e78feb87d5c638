import { type ClassifiedMail, nextSync, SEARCHABLE_AFTER_MS } from '../../domain/inbox.ts'
import { goesRound, takes } from '../../domain/mail-route.ts'
import type { Outcome } from '../../domain/task.ts'
import { readsMail, scopesOf } from '../../domain/token.ts'
import { holderOf, type Run, type Warmup } from '../dependencies.ts'
import { classifyMail } from './classify-mail.ts'
import { fetchNewMail } from './new-mail.ts'
import { tellWarmup } from './tell-warmup.ts'
import { renewWatch } from './watch-mailbox.ts'

const DAY_MS = 86_400_000

/**
 * Fetches what came into an account's mailbox since the last time: the heads of its new mails, what they are, and to whom
 * each is to be handed. How far it has come is kept together with them, so that a run that ends anywhere fetches nothing
 * twice and leaves nothing out.
 */
export async function syncMailbox(warmup: Warmup, run: Run): Promise<Outcome> {
  const { store, clock } = warmup
  const { account, mailbox } = run
  if (!mailbox || mailbox.everyMinutes === null) return { kind: 'done' }
  if (run.token && !readsMail(scopesOf(run.token.token)))
    return { kind: 'again', at: after(clock.now(), DAY_MS), reason: 'its token may not read mail' }

  const { heads, left, ...upTo } = await fetchNewMail(warmup, run, mailbox)
  const { mails, answers } =
    heads.length > 0 ? await classifyMail(warmup, account.id, heads) : { mails: [], answers: [] }
  const handoffs = await handoffsOf(warmup, account.id, mails)
  const watchAgainAt = await renewWatch(warmup, run, mailbox)

  const now = clock.now()
  const { notifiedId, everyMinutes } = mailbox
  const next = {
    nothing: { at: nextSync(account.id, everyMinutes, now), reason: 'the next round' },
    more: { at: now, reason: 'more mail than one round fetches' },
    too_new: { at: after(now, SEARCHABLE_AFTER_MS), reason: 'mail that Gmail’s search may not know yet' },
  }[left]
  const round = {
    accountId: account.id,
    mails,
    handoffs,
    ...upTo,
    notifiedId,
    everyMinutes,
    watchAgainAt,
    now,
    next,
  }
  // First, as nobody fetches them again: told twice, it changes nothing.
  await tellWarmup(warmup, answers)
  // Where the run has lost its task, somebody else has fetched the same by now, or will.
  if (!(await store.inbox.keep(round, holderOf(run))))
    return { kind: 'again', at: now, reason: 'the run has lost its task', isKept: true }
  return { kind: 'again', ...next, isKept: true }
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms)
}

async function handoffsOf({ store }: Warmup, accountId: number, mails: readonly ClassifiedMail[]) {
  if (mails.length === 0) return []
  const routes = await store.mailRoutes.all()
  return mails.flatMap((mail) =>
    routes
      .filter((route) => takes(route, { ...mail, accountId }) && !goesRound(route, mail))
      .map(({ id: routeId }) => ({ gmailId: mail.gmailId, routeId })),
  )
}
