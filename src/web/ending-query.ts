import { z } from 'zod'
import type { FailedFilter } from '../db/ending-reports.ts'
import { searchText } from './search-text.ts'

const MAILS_A_PAGE = 50

/** Anything that makes no sense counts as not given. */
const schema = z.object({
  q: searchText,
  what: z.enum(['send', 'open']).nullable().catch(null),
  before: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number)
    .nullable()
    .catch(null),
})

export type EndingQuery = { filter: FailedFilter; part: { limit: number; before: number | null } }

/** What of a list of mails is asked for; one row more than a page holds is read, which tells whether there are others. */
export function readEndingQuery(query: Record<string, unknown>): EndingQuery {
  const { q, what, before } = schema.parse({ ...query })
  return { filter: { what, text: q }, part: { limit: MAILS_A_PAGE + 1, before } }
}

/** One page of the rows that were read, where it stands, and the way to the older ones. */
export function pageOf<Row extends { id: number }>(rows: readonly Row[], path: string, query: EndingQuery) {
  const shown = rows.slice(0, MAILS_A_PAGE)
  const last = shown.at(-1)
  return {
    rows: shown,
    links: {
      self: hrefOf(path, query, query.part.before),
      newest: query.part.before === null ? null : hrefOf(path, query, null),
      older: rows.length > shown.length && last ? hrefOf(path, query, last.id) : null,
    },
  }
}

function hrefOf(path: string, { filter }: EndingQuery, before: number | null): string {
  const query = new URLSearchParams()
  if (filter.text) query.set('q', filter.text)
  if (filter.what) query.set('what', filter.what)
  if (before !== null) query.set('before', String(before))
  return query.size > 0 ? `${path}?${query}` : path
}
