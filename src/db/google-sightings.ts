import type { Outage } from '../domain/google-outage.ts'
import { GOOGLE_SUBJECT } from '../domain/incident.ts'
import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'

/** More of them say nothing more. */
const MOST_FAILING = 50
const FORGOTTEN_AFTER_HOURS = 1

/** `at` is when the latest of the failures was, or now where there is none. */
export type Sightings = { failing: readonly number[]; fine: number; at: Date }

/** What all processes see of Google. Times are warmup time. */
export function createGoogleSightings(db: Database) {
  return {
    /**
     * Says what this process has seen, in one statement.
     * @returns how many accounts fail and how many are well, by all processes since `since`, and the last outage
     */
    async share(
      process: string,
      { failing, fine, at }: Sightings,
      since: Date,
    ): Promise<{ failing: number; fine: number; outage: Outage | null }> {
      const own = sql.param(failing.slice(0, MOST_FAILING))
      const [row] = await db.execute<Row>(sql`
        with mine as (
          insert into google_sightings (process, at, failing, fine)
          values (${process}, ${at.toISOString()}, ${own}::bigint[], ${fine})
          on conflict (process) do update set at = excluded.at, failing = excluded.failing, fine = excluded.fine
        ), forgotten as (
          delete from google_sightings
          where at < ${since.toISOString()}::timestamptz - ${FORGOTTEN_AFTER_HOURS} * interval '1 hour' and process <> ${process}
        ), others as (
          select failing, fine from google_sightings
          where process <> ${process} and at >= ${since.toISOString()}::timestamptz
        )
        select
          (select count(*)::int from (
            select unnest(failing) from others union select unnest(${own}::bigint[])
          ) accounts) as failing,
          (${fine} + coalesce((select sum(fine) from others), 0))::int as fine,
          outage.opened_at as "openedAt", outage.closed_at as "closedAt", outage.next_try_at as "nextProbeAt"
        from (values (1)) as one
        left join lateral (
          select opened_at, closed_at, next_try_at from incidents
          where subject = ${GOOGLE_SUBJECT} order by id desc limit 1
        ) outage on true`)
      if (!row) return { failing: failing.length, fine, outage: null }
      const { openedAt, closedAt, nextProbeAt, ...seen } = row
      const outage = openedAt && {
        openedAt: new Date(openedAt),
        closedAt: closedAt === null ? null : new Date(closedAt),
        nextProbeAt: nextProbeAt === null ? null : new Date(nextProbeAt),
      }
      return { ...seen, outage: outage || null }
    },
  }
}

type Row = {
  failing: number
  fine: number
  openedAt: string | null
  closedAt: string | null
  nextProbeAt: string | null
}
