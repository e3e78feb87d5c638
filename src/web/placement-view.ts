import type { PlacementCount } from '../db/placement-counts.ts'
import type { Store } from '../db/store.ts'
import { evidenceKindOf } from '../domain/message.ts'
import { type ShareView, shareView } from './rate-view.ts'

/** Domains that have a row of their own, those with most mail; the row of all counts the others too. */
const MOST_DOMAINS = 20

const COLUMNS = [
  { kind: 'inbox', name: 'Inbox' },
  { kind: 'tabs', name: 'Other tabs' },
  { kind: 'spam', name: 'Spam' },
  { kind: 'missing', name: 'Missing' },
  { kind: 'bounced', name: 'Came back' },
] as const

export type PlacementRow = { domain: string; mails: number; shares: (ShareView & { name: string })[] }
export type PlacementsView = {
  columns: string[]
  rows: PlacementRow[]
  all: PlacementRow | null
  untold: number
}

/** Where an account's mail landed, by the domain of who received it, in one query. */
export async function loadPlacements(
  { placementCounts }: Pick<Store, 'placementCounts'>,
  accountId: number,
): Promise<PlacementsView> {
  return placementsView(await placementCounts.of(accountId))
}

export function placementsView(counts: readonly PlacementCount[]): PlacementsView {
  const rows = [...Map.groupBy(counts, ({ domain }) => domain)]
    .map(([domain, ofDomain]) => rowOf(domain, ofDomain))
    .sort((a, b) => b.mails - a.mails || (a.domain < b.domain ? -1 : 1))
  return {
    columns: COLUMNS.map(({ name }) => name),
    rows: rows.slice(0, MOST_DOMAINS),
    all: rows.length > 1 ? rowOf('All', counts) : null,
    untold: Math.max(0, rows.length - MOST_DOMAINS),
  }
}

function rowOf(domain: string, counts: readonly PlacementCount[]): PlacementRow {
  const ofKind = (kind: string) => sum(counts.filter(({ placement }) => evidenceKindOf(placement) === kind))
  const mails = sum(counts)
  return {
    domain,
    mails,
    shares: COLUMNS.map(({ kind, name }) => ({ name, ...shareView(ofKind(kind), mails) })),
  }
}

function sum(counts: readonly PlacementCount[]): number {
  return counts.reduce((total, { mails }) => total + mails, 0)
}
