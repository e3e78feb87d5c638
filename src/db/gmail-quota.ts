import { accountSubject } from '../domain/incident.ts'
import { type Allowance, refill } from '../domain/quota.ts'
import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'

const PROJECT = 'project'

/** What is left of Gmail's quota, for all processes. Times are warmup time in milliseconds. */
export function createGmailQuota(db: Database) {
  const milliseconds = (value: unknown) => sql`${value} * interval '1 ms'`

  return {
    /** Takes units out of the project's allowance: as many as there are of those that are wanted. */
    async take(
      wanted: number,
      allowance: Allowance,
      now: Date,
    ): Promise<{ granted: number; wholeAt: number }> {
      const [taken] = await db.execute<{ granted: number; wholeAt: number }>(
        takeStatement(wanted, allowance, now),
      )
      if (taken) return taken
      await db.execute(
        sql`insert into gmail_quota (subject, whole_at) values (${PROJECT}, ${now.toISOString()}) on conflict do nothing`,
      )
      return this.take(wanted, allowance, now)
    },

    /**
     * Keeps what accounts have spent.
     * @returns when the allowances will be whole of these accounts, and of all others that have less than half left
     */
    async settle(
      spent: ReadonlyMap<number, number>,
      allowance: Allowance,
      now: Date,
    ): Promise<{ accountId: number; wholeAt: number }[]> {
      const at = now.toISOString()
      const halfSpent = new Date(now.getTime() + allowance.burst / 2 / refill(allowance)).toISOString()
      const subjects = sql.param([...spent.keys()].sort((a, b) => a - b).map(accountSubject))
      const waits = sql.param(
        [...spent].sort(([a], [b]) => a - b).map(([, units]) => units / refill(allowance)),
      )
      const rows = await db.execute<{ subject: string; wholeAt: number }>(sql`
        with kept as (
          insert into gmail_quota (subject, whole_at)
          select subject, ${at}::timestamptz + ${milliseconds(sql`wait`)}
          from unnest(${subjects}::text[], ${waits}::float8[]) as spent (subject, wait)
          order by subject
          on conflict (subject) do update set
            whole_at = greatest(gmail_quota.whole_at, ${at}::timestamptz) + (excluded.whole_at - ${at}::timestamptz)
          returning subject, whole_at
        ), short as (
          select subject, whole_at from gmail_quota where whole_at > ${halfSpent}::timestamptz and subject <> ${PROJECT}
        )
        select subject, (extract(epoch from max(whole_at)) * 1000)::float8 as "wholeAt"
        from (select * from kept union all select * from short) every
        group by subject`)
      return rows.map(({ subject, wholeAt }) => ({
        accountId: Number(subject.slice(accountSubject(0).length - 1)),
        wholeAt,
      }))
    },
  }

  /** One row is locked, what is granted is computed from it, and it is written. */
  function takeStatement(wanted: number, allowance: Allowance, now: Date) {
    const at = sql`${now.toISOString()}::timestamptz`
    const { burst } = allowance
    return sql`
      update gmail_quota set whole_at = taken.from_at + ${milliseconds(sql`taken.granted / ${refill(allowance)}::float8`)}
      from (
        select from_at, greatest(0, least(
          ${wanted}::float8,
          ${burst}::float8 - extract(epoch from from_at - ${at})::float8 * 1000 * ${refill(allowance)}::float8
        )) as granted
        from (select greatest(whole_at, ${at}) as from_at from gmail_quota where subject = ${PROJECT} for update) locked
      ) taken
      where subject = ${PROJECT}
      returning taken.granted, (extract(epoch from gmail_quota.whole_at) * 1000)::float8 as "wholeAt"`
  }
}
