import { z } from 'zod'

const ROWS_A_PAGE = 50
/** One more than a page holds: it tells whether there are others. */
export const ROWS_READ = ROWS_A_PAGE + 1

/** Where the page before ended; anything that makes no sense counts as not given. */
export const beforeId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(Number)
  .nullable()
  .catch(null)

/**
 * One page of the rows that were read, the newest first, where it stands, and the way to the older ones.
 * @param lookedTo where a search ended that has not looked through all
 */
export function olderPage<Row extends { id: number }>(
  rows: readonly Row[],
  before: number | null,
  hrefOf: (before: number | null) => string,
  lookedTo: number | null = null,
) {
  const shown = rows.slice(0, ROWS_A_PAGE)
  const last = rows.length > shown.length ? (shown.at(-1)?.id ?? null) : lookedTo
  return {
    rows: shown,
    links: {
      self: hrefOf(before),
      newest: before === null ? null : hrefOf(null),
      older: last === null ? null : hrefOf(last),
    },
  }
}

/** An address with those of its parameters that say something. */
export function hrefWith(path: string, parameters: Record<string, string | number | null>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, String(value))
  return query.size > 0 ? `${path}?${query}` : path
}
