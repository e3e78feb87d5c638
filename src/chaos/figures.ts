import { sql } from '../db/drizzle.ts'
import type { Runtime } from '../runtime.ts'

/** Mails by what became of them. */
export type MailFigures = { planned: number; sent: number; unknown: number; failed: number; opened: number }

export async function readMailFigures({ db }: Runtime): Promise<MailFigures> {
  const [row] = await db.execute<MailFigures>(sql`
    select count(*)::int as planned, (count(*) filter (where state = 'sent'))::int as sent,
      (count(*) filter (where state = 'unknown'))::int as unknown,
      (count(*) filter (where state = 'failed'))::int as failed,
      (count(*) filter (where opened_at is not null))::int as opened from messages`)
  return row as MailFigures
}

export function mailText({ planned, sent, unknown, failed, opened }: MailFigures): string {
  return `planned ${planned}, sent ${sent}, opened ${opened}, unknown ${unknown}, failed ${failed}`
}

/** “503: 12, reset: 3”, the most frequent first. */
export function tallyText(tally: ReadonlyMap<string, number>): string {
  const inOrder = [...tally].filter(([, count]) => count > 0).toSorted(([, a], [, b]) => b - a)
  return inOrder.map(([name, count]) => `${name}: ${count}`).join(', ') || 'none'
}

export const sumOf = (tally: ReadonlyMap<string, number>) =>
  [...tally.values()].reduce((sum, count) => sum + count, 0)
