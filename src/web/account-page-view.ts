import type { Account } from '../db/accounts.ts'
import type { Dashboard } from '../db/dashboard.ts'
import { localDateOf, startOfLocalDay } from '../domain/local-time.ts'
import { accountView } from './account-view.ts'
import { NotFound } from './errors.ts'
import { eventView } from './event-view.ts'
import { conversationViews } from './message-view.ts'
import { timeView } from './times.ts'

const MESSAGES = 50
const EVENTS = 50

/** All that an account's page shows, in five queries. */
export async function loadAccountPage(
  dashboard: Dashboard,
  { id, timeZone, connectedAt }: Account,
  now: Date,
) {
  const dayStart = startOfLocalDay(localDateOf(now, timeZone), timeZone)
  const [found, next, sent, messages, events] = await Promise.all([
    dashboard.account(id),
    dashboard.nextTask(id),
    dashboard.sentSince(new Map([[id, dayStart]])),
    dashboard.messagesOf(id, MESSAGES),
    dashboard.latestEvents(EVENTS, id),
  ])
  if (!found) throw new NotFound()
  return {
    account: accountView({ ...found, next }, { sentToday: sent.get(id) ?? 0, now }),
    connected: timeView(connectedAt, { now, zone: timeZone }),
    conversations: conversationViews(messages, { now, zone: timeZone, viewer: id }),
    events: events.map((row) => eventView(row, now)),
  }
}
