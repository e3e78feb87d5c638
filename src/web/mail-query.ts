import { z } from 'zod'
import type { MailFilter } from '../db/mail-reports.ts'
import { MAIL_CLASSES } from '../domain/mail-class.ts'
import { beforeId, hrefWith, ROWS_READ } from './older-page.ts'
import { searchText } from './search-text.ts'

/** Anything that makes no sense counts as not given. */
const schema = z.object({
  q: searchText,
  class: z.enum(MAIL_CLASSES).nullable().catch(null),
  before: beforeId,
})

export type MailQuery = { filter: MailFilter; part: { limit: number; before: number | null } }

/** What of an account's mail is asked for. */
export function readMailQuery(query: Record<string, unknown>): MailQuery {
  const { q, before, class: kind } = schema.parse({ ...query })
  return { filter: { class: kind, text: q }, part: { limit: ROWS_READ, before } }
}

export function mailHref(path: string, { filter }: MailQuery, before: number | null): string {
  return hrefWith(path, { q: filter.text, class: filter.class, before })
}
