import { type Handout, OFFLINE_KINDS, QUIET_KINDS, type TaskKind, WORKER_DIED } from '../domain/task.ts'
import type { Database } from './connection.ts'
import { inSeconds } from './database-time.ts'
import { and, eq, inArray, isNotNull, isNull, ne, sql } from './drizzle.ts'
import { tasks } from './schema.ts'
import type { Sealer } from './sealing.ts'
import { createTaskStarter, type Task } from './started-task.ts'

/** For a task whose lease has ended: what its row tells of the run that held it. */
export const afterLease = {
  errors: sql`${tasks.errors} + (${tasks.startedBy} is not null)::int`,
  waitingFor: sql`case when ${tasks.startedBy} is null then ${tasks.waitingFor} else ${WORKER_DIED} end`,
}
export type NewTask = { kind: TaskKind; accountId: number; messageId?: number; dueAt: Date }

const listed = (kinds: readonly TaskKind[]) => sql.raw(kinds.map((kind) => `'${kind}'`).join(', '))

/**
 * Whose tasks run: an active account's, those of a paused one that send and touch nothing, those of one that lost its grant
 * that need none, and a removed one's disconnection; while the operator has stopped all sending, none that sends.
 */
export const runs = sql`(a.id is null or a.status = 'active' or (a.status = 'paused' and t.kind in (${listed(QUIET_KINDS)}))
    or (a.status = 'needs_reauth' and t.kind in (${listed(OFFLINE_KINDS)})) or t.kind = 'disconnect')
  and not (t.kind in ('send', 'reply') and exists (select from engine_settings where stopped_at is not null))`

/** Due tasks of which one hand-out chooses, at least. */
const FEWEST_LOOKED_AT = 500

export function createTasks(db: Database, sealer: Sealer) {
  const mine = (id: number, owner: string) => and(eq(tasks.id, id), eq(tasks.startedBy, owner))
  const released = { startedBy: null, leaseUntil: null }

  return {
    /** A task that exists already stays as it is: one per kind and message, or per kind and account without one. */
    async add(newTasks: readonly NewTask[]): Promise<void> {
      if (newTasks.length > 0)
        await db
          .insert(tasks)
          .values([...newTasks])
          .onConflictDoNothing()
    },

    /**
     * Hands out due tasks, the longest due first and one per account at a time, each under a lease after which it is
     * handed out again; in the order in which they were due. No more than `window` of these kinds are out at once, so that a slow worker's queue stays short.
     */
    async handOut(options: {
      kinds: readonly TaskKind[]
      now: Date
      window: number
      leaseSeconds: number
    }): Promise<Handout[]> {
      const { kinds, now, window, leaseSeconds } = options
      return db.transaction(async (tx) => {
        // Two dispatchers that choose at once could give one account two tasks; the second one just skips its turn.
        const [turn] = await tx.execute<{ mine: boolean }>(
          sql`select pg_try_advisory_xact_lock(hashtext('kindling:hand-out')) as mine`,
        )
        if (!turn?.mine) return []
        return tx.execute<Handout>(sql`
          with leased as (
            select account_id, kind from tasks where lease_until >= clock_timestamp()
          ), room as (
            select greatest(0, ${window} - count(*)) as tasks from leased
            where kind = any(${sql.param([...kinds])}::text[])
          ), due as (
            select t.id, coalesce(t.account_id, -t.id) as owner, t.due_at
            from tasks t left join accounts a on a.id = t.account_id
            where t.due_at <= ${now.toISOString()}
              and t.kind = any(${sql.param([...kinds])}::text[])
              and ${runs}
              and (t.lease_until is null or t.lease_until < clock_timestamp())
              and not exists (select from leased where leased.account_id = t.account_id)
            order by t.due_at, t.id
            -- Some may be of one account, of which one is chosen.
            limit (select case when tasks > 0 then greatest(tasks * 5, ${FEWEST_LOOKED_AT}) else 0 end from room)
          ), chosen as (
            select id from (select distinct on (owner) id, due_at from due order by owner, due_at, id) one_each
            order by due_at, id
            limit (select tasks from room)
          ), handed as (
            update tasks set handout = handout + 1, started_by = null, lease_until = ${inSeconds(leaseSeconds)},
              errors = ${afterLease.errors}, waiting_for = ${afterLease.waitingFor}
            from chosen where tasks.id = chosen.id
            returning tasks.id, tasks.kind, tasks.handout, tasks.due_at
          )
          select id::int as "taskId", kind, handout from handed order by due_at, id`)
      })
    },

    start: createTaskStarter(db, sealer),

    /** Holds on to running tasks; returns the ids of those that are still their owner's. */
    async renew(held: readonly { taskId: number; owner: string }[], leaseSeconds: number): Promise<number[]> {
      const ids = held.map(({ taskId }) => taskId)
      const owners = held.map(({ owner }) => owner)
      const kept = await db
        .update(tasks)
        .set({ leaseUntil: inSeconds(leaseSeconds) })
        .where(and(inArray(tasks.id, ids), inArray(tasks.startedBy, owners)))
        .returning({ id: tasks.id })
      return kept.map((row) => row.id)
    },

    /** Whether the task is still this owner's. It takes no lock: who removes an account locks messages before tasks. */
    async isHeld(id: number, owner: string): Promise<boolean> {
      const [row] = await db.select({ id: tasks.id }).from(tasks).where(mine(id, owner))
      return row !== undefined
    },

    /** Whether it is; and until the caller's transaction is over nobody brings it forward. */
    async lock(id: number, owner: string): Promise<boolean> {
      const [row] = await db.select({ id: tasks.id }).from(tasks).where(mine(id, owner)).for('update')
      return row !== undefined
    },

    /** False where the task is no longer this owner's: then what was done in its name must not be kept. */
    async finish(id: number, owner: string): Promise<boolean> {
      const finished = await db.delete(tasks).where(mine(id, owner)).returning({ id: tasks.id })
      return finished.length > 0
    },

    /** Nothing was wrong, it runs again at `dueAt`. */
    async putOff(
      id: number,
      owner: string,
      { at, reason, looks, untried = false }: { at: Date; reason: string; looks?: number; untried?: boolean },
    ): Promise<void> {
      await db
        .update(tasks)
        .set({
          ...released,
          dueAt: at,
          waitingFor: reason,
          ...(untried ? {} : { errors: 0 }),
          ...(looks === undefined ? {} : { looks }),
        })
        .where(mine(id, owner))
    },

    async retry(id: number, owner: string, dueAt: Date, reason: string): Promise<void> {
      await db
        .update(tasks)
        .set({ ...released, dueAt, waitingFor: reason, errors: sql`${tasks.errors} + 1` })
        .where(mine(id, owner))
    },

    /** Gives a task back as it was, to run when its account is active again. */
    async park(id: number, owner: string): Promise<void> {
      await db.update(tasks).set(released).where(mine(id, owner))
    },

    /** Adds tasks about messages, or makes those that there are due no later. A run that is under way ends as it will. */
    async hasten(newTasks: readonly (Required<NewTask> & Partial<Pick<Task, 'handout'>>)[]): Promise<void> {
      if (newTasks.length > 0)
        await db
          .insert(tasks)
          .values([...newTasks])
          .onConflictDoUpdate({
            target: [tasks.kind, tasks.messageId],
            targetWhere: isNotNull(tasks.messageId),
            set: { dueAt: sql`least(${tasks.dueAt}, excluded.due_at)` },
          })
    },

    async removeOfMessage(kind: TaskKind, messageId: number): Promise<void> {
      await db.delete(tasks).where(and(eq(tasks.kind, kind), eq(tasks.messageId, messageId)))
    },

    /** Makes an account's recurring task due no later than `dueAt`. A run that is under way ends as it will. */
    async bringForward(accountId: number, kind: TaskKind, dueAt: Date): Promise<void> {
      await db
        .update(tasks)
        .set({ dueAt: sql`least(${tasks.dueAt}, ${dueAt.toISOString()})` })
        .where(and(eq(tasks.accountId, accountId), eq(tasks.kind, kind), isNull(tasks.messageId)))
    },

    /** Runs what is to be done about a message before its time. */
    async bringForwardOf(messageId: number, kind: TaskKind, dueAt: Date, why: string): Promise<void> {
      await db
        .update(tasks)
        .set({ dueAt: sql`least(${tasks.dueAt}, ${dueAt.toISOString()})`, waitingFor: why })
        .where(and(eq(tasks.messageId, messageId), eq(tasks.kind, kind)))
    },

    /** Gives back what these runs have begun, as it was: their process stops. */
    async handBack(owners: readonly string[]): Promise<void> {
      await db
        .update(tasks)
        .set(released)
        .where(inArray(tasks.startedBy, [...owners]))
    },

    /** Gives back a task that was handed out and is not begun: its process stops. */
    async decline({ taskId, handout }: Handout): Promise<void> {
      const asHandedOut = and(eq(tasks.id, taskId), eq(tasks.handout, handout), isNull(tasks.startedBy))
      await db.update(tasks).set({ leaseUntil: null }).where(asHandedOut)
    },

    async removeOf(accountId: number, options: { except: TaskKind }): Promise<void> {
      await db.delete(tasks).where(and(eq(tasks.accountId, accountId), ne(tasks.kind, options.except)))
    },

    async removeKindOf(accountId: number, kind: TaskKind): Promise<void> {
      await db.delete(tasks).where(and(eq(tasks.accountId, accountId), eq(tasks.kind, kind)))
    },

    /** When the next task that would run is due, of some kinds or of all; null where there is none. */
    async nextDueAt(kinds?: readonly TaskKind[]): Promise<Date | null> {
      const [row] = await db.execute<{ dueAt: string }>(sql`
        select t.due_at as "dueAt" from tasks t left join accounts a on a.id = t.account_id
        where ${kinds ? sql`t.kind = any(${sql.param([...kinds])}::text[]) and` : sql``} ${runs}
        order by t.due_at limit 1`)
      return row ? new Date(row.dueAt) : null
    },
  }
}
