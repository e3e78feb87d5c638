import type { SQL } from 'drizzle-orm'
import type { LocalDate, TimeWindow } from '../domain/local-time.ts'
import type { Partner } from '../domain/pairing.ts'
import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'

export type PartnerSearch = {
  senderId: number
  /** The sender's local day that is planned. */
  day: LocalDate
  window: TimeWindow
  /** Whom the sender met so many days ago or less, it met lately. */
  memoryDays: number
  /** Where on the ring of pool accounts the search begins, and how many it looks at at most. */
  from: number
  atMost: number
}

export function createPartners(db: Database) {
  return {
    /** Plans are made one after the other, so that two senders can't both take a pool account's last place. */
    async lock(): Promise<void> {
      await db.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:plan'))`)
    },

    /**
     * Active pool accounts that do not rest, with the room each has for the day's mail and how often this sender met it
     * lately: all of them, or, of a large pool, a stretch of the ring.
     */
    async find({ senderId, day, window, memoryDays, from, atMost }: PartnerSearch): Promise<Partner[]> {
      const since = new Date(window.start.getTime() - memoryDays * 86_400_000).toISOString()
      const stretch = (lap: number, where: SQL) => sql`
        (select id, email, daily_limit, ring, ${lap}::int as lap from accounts
          where kind = 'pool' and status = 'active' and id <> ${senderId} and ${where}
            and (rests_until is null or rests_until <= ${day})
          order by ring limit ${atMost})`
      const rows = await db.execute<Omit<Partner, 'lastMetAt'> & { lastMetAt: string | null }>(sql`
        with candidate as (
          select * from (${stretch(1, sql`ring >= ${from}`)} union all ${stretch(2, sql`ring < ${from}`)}) stretches
          order by lap, ring limit ${atMost}
        ), met as (
          select recipient_id, count(*) as n, max(at) as last from (
            select recipient_id, greatest(planned_for, send_started_at) as at from messages
              where sender_id = ${senderId} and send_started_at >= ${since} and turn = 1
            union all
            select recipient_id, greatest(planned_for, ${window.start.toISOString()}) from messages
              where sender_id = ${senderId} and state = 'planned' and turn = 1
          ) conversation group by recipient_id
        )
        select c.id::int as "accountId", lower(split_part(c.email, '@', 2)) as domain,
          greatest(0, c.daily_limit - expected.n)::int as capacity,
          coalesce(met.n, 0)::int as met,
          met.last as "lastMetAt"
        from candidate c
        cross join lateral (
          select count(*) as n from messages m
          where m.recipient_id = c.id and m.state <> 'cancelled'
            and m.planned_for >= ${window.start.toISOString()} and m.planned_for < ${window.end.toISOString()}
        ) expected
        left join met on met.recipient_id = c.id`)
      return rows.map((row) => ({
        ...row,
        lastMetAt: row.lastMetAt === null ? null : new Date(row.lastMetAt),
      }))
    },
  }
}
