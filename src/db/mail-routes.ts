import { MOST_HANDOFF_TRIES, type RouteConditions, type RouteTarget } from '../domain/mail-route.ts'
import type { Database } from './connection.ts'
import { instant } from './database-time.ts'
import { asc, eq, sql } from './drizzle.ts'
import { mailRoutes } from './inbox-schema.ts'
import { routeContext, SealError, type Sealer } from './sealing.ts'

export type MailRoute = typeof mailRoutes.$inferSelect
export type WebhookTarget = { url: string; secret: string }
export type NewRoute = RouteConditions & {
  name: string
  target: RouteTarget
  destination: string
  webhook: WebhookTarget | null
  now: Date
}
/** A mail that waits to be handed to a route, with all that it is told by. */
export type WaitingMail = {
  handoffId: number
  /** Milliseconds since 1970, as all times here. */
  createdAt: number
  tries: number
  route: {
    id: number
    name: string
    target: RouteTarget
    destination: string
    /** Null where it has none, or none that opens. */
    webhook: WebhookTarget | null
  }
  mail: {
    id: number
    gmailId: string
    threadId: string
    rfcMessageId: string | null
    sender: string
    recipients: string[]
    subject: string
    snippet: string
    labelIds: string[]
    size: number
    receivedAt: number
    processedAt: number
    class: string
    rule: string | null
  }
}
export type HandoffResult = { handoffId: number; failure: string | null; notBefore: Date | null }

export function createMailRoutes(db: Database, sealer: Sealer) {
  return {
    all(): Promise<MailRoute[]> {
      return db.select().from(mailRoutes).orderBy(asc(mailRoutes.id))
    },

    /** Until the end of the transaction nobody else adds one: what is decided about their number holds. */
    async lock(): Promise<void> {
      await db.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:mail-routes'))`)
    },

    /** Null where the name is taken. Runs in the caller's transaction. */
    async add({ webhook, now, ...route }: NewRoute): Promise<number | null> {
      const [added] = await db
        .insert(mailRoutes)
        .values({ ...route, createdAt: now })
        .onConflictDoNothing()
        .returning({ id: mailRoutes.id })
      if (!added) return null
      if (webhook) {
        const sealed = sealer.seal(JSON.stringify(webhook), routeContext(added.id))
        await db.update(mailRoutes).set({ sealed }).where(eq(mailRoutes.id, added.id))
      }
      return added.id
    },

    /** Its name, and how many mails waited for it, which go along; null where it was gone already. */
    async remove(id: number): Promise<{ name: string; waiting: number } | null> {
      const [removed] = await db.execute<{ name: string; waiting: number }>(sql`
        delete from mail_routes r where id = ${id}
        returning name, (select count(*)::int from handoffs h where h.route_id = r.id and h.state = 'waiting') as waiting`)
      return removed ?? null
    },

    /**
     * Of each route to which an account's mail waits to be handed and may be now, the first so many, in the order in which
     * they came in. A route whose first one is to wait is left out: nobody overtakes.
     */
    async waiting(accountId: number, now: Date, most: number): Promise<WaitingMail[]> {
      const rows = await db.execute<WaitingMail & { route: { sealed: string | null } }>(sql`
        select h.id::int as "handoffId", ${milliseconds('h.created_at')}::float8 as "createdAt", h.tries,
          json_build_object('id', r.id, 'name', r.name, 'target', r.target, 'destination', r.destination, 'sealed', r.sealed) as route,
          json_build_object('id', m.id, 'gmailId', m.gmail_id, 'threadId', m.thread_id, 'rfcMessageId', m.rfc_message_id,
            'sender', m.sender, 'recipients', m.recipients, 'subject', m.subject, 'snippet', m.snippet,
            'labelIds', m.label_ids, 'size', m.size, 'receivedAt', ${milliseconds('m.received_at')}, 'processedAt', ${milliseconds('m.processed_at')},
            'class', m.class, 'rule', m.rule) as mail
        from mail_routes r
        cross join lateral (
          select * from handoffs where account_id = ${accountId} and route_id = r.id and state = 'waiting' order by id limit ${most}
        ) h
        join email_messages m on m.id = h.email_message_id
        where not exists (
          select from (select not_before from handoffs
            where account_id = ${accountId} and route_id = r.id and state = 'waiting' order by id limit 1) head
          where head.not_before > ${instant(now)})
        order by h.id`)
      return rows.map(({ route: { sealed, ...route }, ...row }) => ({
        ...row,
        route: {
          ...route,
          webhook: sealed === null ? null : openedOrNull(sealer, route.id, sealed),
        },
      }))
    },

    /** Keeps what became of them. Runs in the caller's transaction. */
    async ended(results: readonly HandoffResult[], now: Date): Promise<void> {
      if (results.length === 0) return
      const rows = results.map(({ notBefore, ...result }) => ({
        ...result,
        notBefore: notBefore?.toISOString() ?? null,
      }))
      // In their order, as who removes a route or an account takes them: nobody gets into a deadlock with it.
      await db.execute(sql`
        with e as (select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e("handoffId" bigint, failure text, "notBefore" timestamptz)),
        theirs as (select id from handoffs where id in (select "handoffId" from e) and state = 'waiting' order by id for update)
        update handoffs h set tries = h.tries + 1, failure = e.failure, not_before = e."notBefore",
          state = case when e.failure is null then 'handed' when h.tries + 1 >= ${MOST_HANDOFF_TRIES} then 'dead' else 'waiting' end,
          ended_at = case when e.failure is null or h.tries + 1 >= ${MOST_HANDOFF_TRIES} then ${instant(now)} end
        from e, theirs where h.id = e."handoffId" and h.id = theirs.id`)
    },

    /** When an account's next mail is to be handed on; null where none waits. */
    async nextAt(accountId: number, now: Date): Promise<Date | null> {
      const [row] = await db.execute<{ at: number | null }>(sql`
        select ${milliseconds('min(greatest(coalesce(head.not_before, at), at))')}::float8 as at
        from mail_routes r
        cross join (select ${instant(now)} as at) now
        cross join lateral (select not_before from handoffs
          where account_id = ${accountId} and route_id = r.id and state = 'waiting' order by id limit 1) head`)
      return row?.at == null ? null : new Date(row.at)
    },

    /** Nothing of an account's mail waits any more. Runs in the caller's transaction. */
    async forget(accountId: number): Promise<void> {
      await db.execute(sql`
        delete from handoffs where id = any(array(
          select id from handoffs where account_id = ${accountId} and state = 'waiting' order by id for update))`)
    },

    /**
     * Has mail that was given up handed on after all, before what came in after it: one of them, or all of a route; not that
     * of accounts that were removed. Returns how many.
     */
    async replay(which: { handoffId: number } | { routeId: number }, now: Date): Promise<number> {
      const wanted =
        'handoffId' in which ? sql`h.id = ${which.handoffId}` : sql`h.route_id = ${which.routeId}`
      const revived = await db.execute(sql`
        with theirs as materialized (
          -- One that is being removed is waited for.
          select a.id from accounts a where a.status <> 'removed'
            and a.id = any(array(select h.account_id from handoffs h where ${wanted} and h.state = 'dead'))
          order by a.id for share
        ), revived as (
          update handoffs h set state = 'waiting', tries = 0, not_before = null, ended_at = null
          from theirs where ${wanted} and h.state = 'dead' and h.account_id = theirs.id
          returning h.account_id
        ), wake as (
          insert into tasks (kind, account_id, due_at) select distinct 'hand_on', account_id, ${instant(now)} from revived
          on conflict (kind, account_id) where message_id is null do update set due_at = least(tasks.due_at, excluded.due_at)
        )
        select from revived`)
      return revived.length
    },
  }
}

/** JSON has no times, and the text of one depends on the settings of its session. */
function milliseconds(time: string) {
  return sql.raw(`extract(epoch from ${time}) * 1000`)
}

function openedOrNull(sealer: Sealer, routeId: number, sealed: string): WebhookTarget | null {
  try {
    return JSON.parse(sealer.open(sealed, routeContext(routeId)))
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}
