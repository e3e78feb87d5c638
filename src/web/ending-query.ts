import { z } from 'zod'
import type { FailedFilter } from '../db/ending-reports.ts'
import { beforeId, hrefWith, olderPage, ROWS_READ } from './older-page.ts'
import { searchText } from './search-text.ts'

/** Anything that makes no sense counts as not given. */
const schema = z.object({
  q: searchText,
  what: z.enum(['send', 'open']).nullable().catch(null),
  before: beforeId,
})

export type EndingQuery = { filter: FailedFilter; part: { limit: number; before: number | null } }

/** What of a list of mails is asked for. */
export function readEndingQuery(query: Record<string, unknown>): EndingQuery {
  const { q, what, before } = schema.parse({ ...query })
  return { filter: { what, text: q }, part: { limit: ROWS_READ, before } }
}

/** One page of the rows that were read, where it stands, and the way to the older ones. */
export function pageOf<Row extends { id: number }>(
  rows: readonly Row[],
  path: string,
  { filter, part }: EndingQuery,
) {
  const { text: q, what } = filter
  return olderPage(rows, part.before, (before) => hrefWith(path, { q, what, before }))
}
