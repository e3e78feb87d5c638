import { z } from 'zod'
import type { AccountFilter } from '../db/dashboard.ts'
import { ACCOUNT_KINDS, ACCOUNT_STATUSES } from '../domain/account.ts'
import { HEALTHS } from '../domain/health.ts'
import { searchText } from './search-text.ts'

const HIGHEST_PAGE = 1_000_000

/** Anything that makes no sense counts as not given. */
const schema = z.object({
  q: searchText,
  kind: z.enum(ACCOUNT_KINDS).nullable().catch(null),
  status: z.enum(ACCOUNT_STATUSES).nullable().catch(null),
  health: z.enum(HEALTHS).nullable().catch(null),
  page: z.coerce.number().int().min(1).max(HIGHEST_PAGE).catch(1),
})

export function readListQuery(query: Record<string, unknown>): { filter: AccountFilter; page: number } {
  const { q, kind, status, health, page } = schema.parse({ ...query })
  return { filter: { text: q, kind, status, health }, page }
}

/** Where in the list this page stands, and the way to its neighbours. */
export function pageView(
  filter: AccountFilter,
  { page, matches, size }: { page: number; matches: number; size: number },
) {
  const last = Math.max(1, Math.ceil(matches / size))
  return {
    self: hrefOf(filter, page),
    first: matches === 0 ? 0 : (page - 1) * size + 1,
    last: Math.min(page * size, matches),
    matches,
    previous: page > 1 ? hrefOf(filter, Math.min(page - 1, last)) : null,
    next: page < last ? hrefOf(filter, page + 1) : null,
  }
}

function hrefOf({ text, kind, status, health }: AccountFilter, page: number): string {
  const query = new URLSearchParams()
  if (text) query.set('q', text)
  if (kind) query.set('kind', kind)
  if (status) query.set('status', status)
  if (health) query.set('health', health)
  if (page > 1) query.set('page', String(page))
  return query.size > 0 ? `/?${query}` : '/'
}
