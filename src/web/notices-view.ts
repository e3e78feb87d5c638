import type { Dashboard } from '../db/dashboard.ts'
import type { DeliveryRow, IncidentRow, Refusal } from '../db/incident-reports.ts'
import type { Webhook } from '../db/webhooks.ts'
import { clientIdOf, type DeliveryState } from '../domain/incident.ts'
import { noticeHeadline } from '../domain/notice-text.ts'
import { FAILURE_ADVICE } from '../domain/token-failure.ts'
import type { Warmup } from '../warmup/dependencies.ts'
import { MOST_WEBHOOKS } from '../warmup/webhooks.ts'
import { timeView } from './times.ts'
import { counted, sentence } from './words.ts'

const OPEN_INCIDENTS = 100
const CLOSED_INCIDENTS = 50
const DELIVERIES = 20

/** All that the page of notices shows, in four queries. */
export async function loadNotices(dashboard: Dashboard, { store, notifier, clock }: Warmup) {
  const now = clock.now()
  const [{ rows, open }, closed, webhooks, deliveries] = await Promise.all([
    dashboard.openIncidents(OPEN_INCIDENTS),
    dashboard.closedIncidents(CLOSED_INCIDENTS),
    store.webhooks.all(),
    dashboard.deliveries(DELIVERIES),
  ])
  return {
    openIncidents: rows.map((row) => incidentView(row, now)),
    moreOpen: open - rows.length,
    closedIncidents: closed.map((row) => incidentView(row, now)),
    webhooks: webhooks.map((webhook) => webhookView(webhook, now)),
    canAddWebhook: webhooks.length < MOST_WEBHOOKS,
    mostWebhooks: MOST_WEBHOOKS,
    mailTo: notifier.mail?.to ?? null,
    deliveries: deliveries.map((row) => deliveryView(row, now)),
  }
}

/** What the banner says of a refused OAuth client, or of Google itself; of the latter `clientId` is null. */
export function refusalView({ kind, subject, failure, words, openedAt }: Refusal, now: Date) {
  return {
    clientId: kind === 'app_refused' ? (clientIdOf(subject) ?? subject) : null,
    words,
    advice: FAILURE_ADVICE[failure].advice,
    since: timeView(openedAt, { now, zone: 'UTC' }),
  }
}

function incidentView({ incident, account }: IncidentRow, now: Date) {
  const { closedAt, openedAt, failure, words } = incident
  const { means, advice } = FAILURE_ADVICE[failure]
  return {
    id: incident.id,
    href: account && `/accounts/${account.id}`,
    headline: noticeHeadline({ edge: closedAt ? 'closed' : 'opened', incident, account }),
    since: timeView(openedAt, { now, zone: 'UTC' }),
    over: closedAt && timeView(closedAt, { now, zone: 'UTC' }),
    means: sentence(means),
    words,
    advice,
  }
}

function webhookView({ id, host, url, createdAt }: Webhook, now: Date) {
  return { href: `/notices/webhooks/${id}`, host, url, made: timeView(createdAt, { now, zone: 'UTC' }) }
}

const DELIVERY_WORDS: Record<DeliveryState, string> = {
  collecting: 'Collecting',
  sending: 'Sending',
  delivered: 'Delivered',
  failed: 'Failed',
}

function deliveryView(row: DeliveryRow, now: Date) {
  const { state, failure, waitingFor, first } = row
  const more = row.notices - 1
  return {
    id: row.id,
    href: `/notices/deliveries/${row.id}`,
    to: row.webhookHost === null ? 'by mail' : `to ${row.webhookHost}`,
    holds: counted(row.notices, 'notice'),
    first: first && `${noticeHeadline(first)}${more > 0 ? ` and ${more} more` : ''}`,
    state: { name: state, words: DELIVERY_WORDS[state] },
    at: timeView(row.endedAt ?? row.createdAt, { now, zone: 'UTC' }),
    problem: state === 'failed' ? failure : waitingFor,
    hasFailed: state === 'failed',
  }
}
