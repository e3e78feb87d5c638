import type { Partner } from '../domain/pairing.ts'
import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'

const MEMORY_DAYS = 14

export function createPartners(db: Database) {
  return {
    /** Plans are made one after the other, so that two senders can't both take a pool account's last place. */
    async lock(): Promise<void> {
      await db.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:plan'))`)
    },

    /** The active pool accounts, with the room each has for today's mail and how often this sender met it lately. */
    async of(senderId: number, day: { start: Date; end: Date }): Promise<Partner[]> {
      const since = new Date(day.start.getTime() - MEMORY_DAYS * 86_400_000)
      const rows = await db.execute<Partner>(sql`
        select a.id::int as "accountId",
          greatest(0, a.daily_limit - expected.n)::int as capacity,
          coalesce(met.n, 0)::int as "recentConversations"
        from accounts a
        cross join lateral (
          select count(*) as n from messages m
          where m.recipient_id = a.id and m.state <> 'cancelled'
            and m.planned_for >= ${day.start.toISOString()} and m.planned_for < ${day.end.toISOString()}
        ) expected
        left join (
          select recipient_id, count(*) as n from messages
          where sender_id = ${senderId} and turn = 1 and send_started_at >= ${since.toISOString()}
          group by recipient_id
        ) met on met.recipient_id = a.id
        where a.kind = 'pool' and a.status = 'active' and a.id <> ${senderId}
        order by a.id`)
      return [...rows]
    },
  }
}
