import { type ClassifiedMail, nextSync } from '../../domain/inbox.ts'
import { goesRound, takes } from '../../domain/mail-route.ts'
import type { Outcome } from '../../domain/task.ts'
import { readsMail, scopesOf } from '../../domain/token.ts'
import { holderOf, type Run, type Warmup } from '../dependencies.ts'
import { classifyMail } from './classify-mail.ts'
import { fetchNewMail } from './new-mail.ts'
import { tellWarmup } from './tell-warmup.ts'
import { renewWatch } from './watch-mailbox.ts'

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
    return { kind: 'again', at: tomorrow(clock.now()), reason: 'its token may not read mail' }

  const { heads, ...upTo } = await fetchNewMail(warmup, run, mailbox)
  const { mails, answers } =
    heads.length > 0 ? await classifyMail(warmup, account.id, heads) : { mails: [], answers: [] }
  const handoffs = await handoffsOf(warmup, account.id, mails)
  const watchAgainAt = await renewWatch(warmup, run, mailbox)

  const now = clock.now()
  const isWhole = upTo.fetchedAt !== null
  const nextAt = isWhole ? nextSync(account.id, mailbox.everyMinutes, now) : now
  const reason = isWhole ? 'the next round' : 'more mail than one round fetches'
  const { notifiedId } = mailbox
  const round = {
    accountId: account.id,
    mails,
    handoffs,
    ...upTo,
    notifiedId,
    watchAgainAt,
    now,
    nextAt,
    reason,
  }
  if (!(await store.inbox.keep(round, holderOf(run)))) throw new Error('the run has lost its task')
  await tellWarmup(warmup, answers)
  return { kind: 'again', at: nextAt, reason, isKept: true }
}

function tomorrow(now: Date): Date {
  return new Date(now.getTime() + 86_400_000)
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
