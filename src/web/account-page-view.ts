import type { Account } from '../db/accounts.ts'
import type { AccountCounts } from '../db/counts.ts'
import type { Dashboard } from '../db/dashboard.ts'
import type { AccountKind } from '../domain/account.ts'
import { localDateOf } from '../domain/local-time.ts'
import { accountView } from './account-view.ts'
import { eventView } from './event-view.ts'
import { conversationViews } from './message-view.ts'
import { timeView } from './times.ts'

const MESSAGES = 50
const EVENTS = 50
const HANDOUTS = 5

/** All that an account's page shows, in five queries. */
export async function loadAccountPage(dashboard: Dashboard, account: Account, now: Date) {
  const { id, timeZone } = account
  const [figures, sent, messages, events, handouts] = await Promise.all([
    dashboard.figuresOf(id),
    dashboard.sentOn(new Map([[id, localDateOf(now, timeZone)]])),
    dashboard.messagesOf(id, MESSAGES),
    dashboard.latestEvents(EVENTS, id),
    dashboard.handoutsOf(id, HANDOUTS),
  ])
  return {
    account: accountView({ account, ...figures }, { sentToday: sent.get(id) ?? 0, now }),
    connected: timeView(account.connectedAt, { now, zone: timeZone }),
    noMailYet: hasHadMail(figures.counts) ? NO_MAIL_KEPT : noMailYet(account),
    conversations: conversationViews(messages, { now, zone: timeZone, viewer: id }),
    events: events.map((row) => eventView(row, now)),
    handouts: handouts.map(({ at, data }) => ({
      key: String(data.key),
      isFresh: data.refreshed === true,
      at: timeView(at, { now, zone: timeZone }),
    })),
  }
}

function hasHadMail({ sent, received }: AccountCounts): boolean {
  return sent + received > 0
}

const NO_MAIL_KEPT = 'No mail lately. What was before is kept in the totals and the daily statistics.'

function noMailYet({ kind, status }: Account): string {
  const isAsUsual = kind === 'vault' ? status !== 'removed' : status === 'active'
  return isAsUsual ? NO_MAIL_YET[kind] : 'No mail yet.'
}

const NO_MAIL_YET: Record<AccountKind, string> = {
  warmup: 'No mail yet. The first ones are planned for its next sending hours, once there is a pool account.',
  pool: 'No mail yet. It is written to when a warmup account’s day is planned.',
  vault: 'A vault account takes no part in warmup: its token is kept for your other programs.',
}
