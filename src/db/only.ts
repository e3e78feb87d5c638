import type { SQLWrapper } from 'drizzle-orm'
import { sql } from './drizzle.ts'

/**
 * `column = value` as a range, for the newest rows of one account. After an equality, sorting by id alone would be
 * enough, and the planner may then walk all history backwards in the hope of meeting the account's rows soon: it does
 * so for accounts that were busy once, and never meets them where they have been silent since.
 */
export function only(column: SQLWrapper, value: number | string) {
  return sql`${column} between ${value} and ${value}`
}
