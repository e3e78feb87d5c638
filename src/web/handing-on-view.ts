import type { DeadLetterRow, RouteRow } from '../db/handoff-reports.ts'
import type { Warmup } from '../warmup/dependencies.ts'
import { MOST_ROUTES } from '../warmup/inbox/mail-routes.ts'
import { beforeId, hrefWith, olderPage, ROWS_READ } from './older-page.ts'
import { timeView } from './times.ts'
import { CLASS_WORDS, counted, LABEL_WORDS, TARGET_WORDS } from './words.ts'

export const HANDING_ON = '/routes'
/** What waits, and what was given up, is counted so far. */
const MOST_COUNTED = 20_000

/** All that the page of handing on shows, in two queries. */
export async function loadHandingOn({ store, clock }: Warmup, query: Record<string, unknown>) {
  const now = clock.now()
  const before = beforeId.parse(query.before ?? null)
  const [routes, dead] = await Promise.all([
    store.mailReports.routes(MOST_COUNTED),
    store.mailReports.deadLetters({ limit: ROWS_READ, before }),
  ])
  const { rows, links } = olderPage(dead, before, (id) => hrefWith(HANDING_ON, { before: id }))
  return {
    routes: routes.map((route) => routeView(route, now)),
    areCountsCut: isCut(routes, 'waiting') || isCut(routes, 'dead'),
    mostCounted: MOST_COUNTED,
    canAdd: routes.length < MOST_ROUTES,
    mostRoutes: MOST_ROUTES,
    deadLetters: rows.map((row) => deadLetterView(row, now)),
    links,
  }
}

function routeView(route: RouteRow, now: Date) {
  const { id, name, target, destination, waiting, dead, createdAt } = route
  return {
    href: `${HANDING_ON}/${id}`,
    name,
    takes: conditionWords(route),
    to: { words: TARGET_WORDS[target], destination },
    waiting,
    dead,
    added: timeView(createdAt, { now, zone: 'UTC' }),
  }
}

function isCut(routes: readonly RouteRow[], what: 'waiting' | 'dead'): boolean {
  return routes.reduce((sum, route) => sum + route[what], 0) >= MOST_COUNTED
}

/** Which mail a route takes, in words. */
function conditionWords({ account, sender, subject, label, class: kind }: RouteRow): string {
  const parts = [
    account === null ? 'mail of any account' : `mail of ${account}`,
    kind === null ? null : `of the class ${CLASS_WORDS[kind]}`,
    sender === '' ? null : `with “${sender}” in its sender`,
    subject === '' ? null : `with “${subject}” in its subject`,
    label === '' ? null : `with the label ${LABEL_WORDS[label] ?? label}`,
  ]
  return parts.filter((part) => part !== null).join(', ')
}

function deadLetterView(row: DeadLetterRow, now: Date) {
  return {
    id: row.id,
    href: `/handoffs/${row.id}`,
    subject: row.mail.subject || '(no subject)',
    sender: row.mail.sender,
    account: { href: `/accounts/${row.account.id}/mail`, email: row.account.email },
    route: row.route.name,
    failure: row.failure,
    tries: counted(row.tries, 'try', 'tries'),
    at: row.endedAt && timeView(row.endedAt, { now, zone: 'UTC' }),
  }
}
