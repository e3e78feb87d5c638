import { setTimeout as delay } from 'node:timers/promises'
import { sql } from '../db/drizzle.ts'
import type { Runtime } from '../runtime.ts'

/** Within this, in the wall’s time, whatever is due moves again once the faults are over. */
const MOVES_WITHIN_MS = 60_000
const STANDS_STILL_WITHIN_MS = 90_000
const GLANCE_MS = 250

type DueTask = {
  id: number
  kind: string
  account_id: number | null
  mark: string
  waiting_for: string | null
}

/**
 * Waits until every task that is due by now was run or put off; names those that were not. An account has one task under
 * way at a time: the others wait for it, and are stuck once nothing of their account has moved for a minute.
 */
export async function stuckTasks(runtime: Runtime): Promise<string[]> {
  const startedAt = performance.now()
  const movedAt = new Map<number | null, number>()
  const isStuck = ({ account_id }: DueTask) =>
    performance.now() - (movedAt.get(account_id) ?? startedAt) > MOVES_WITHIN_MS
  let waiting = await dueTasks(runtime)
  while (waiting.some((task) => !isStuck(task))) {
    await delay(GLANCE_MS)
    const marks = new Map((await allTasks(runtime)).map(({ id, mark }) => [id, mark]))
    for (const { id, mark, account_id } of waiting)
      if (marks.get(id) !== mark) movedAt.set(account_id, performance.now())
    waiting = waiting.filter(({ id, mark }) => marks.get(id) === mark)
  }
  return waiting.map(
    ({ id, kind, account_id, waiting_for }) =>
      `task ${id} (${kind} of account ${account_id}, waits for ${waiting_for}) has not moved for a minute after the faults`,
  )
}

/** Due tasks that may run; a task has moved when its mark is another one, or it is gone. */
async function dueTasks({ db, warmup: { clock } }: Runtime): Promise<DueTask[]> {
  return db.execute<DueTask>(sql`
    select t.id::int, t.kind, t.account_id::int, t.waiting_for, concat(t.due_at, ' ', t.errors, ' ', t.looks) as mark
    from tasks t left join accounts a on a.id = t.account_id
    where t.due_at <= ${clock.now().toISOString()} and (a.id is null or a.status = 'active' or t.kind = 'disconnect')`)
}

async function allTasks({ db }: Runtime) {
  return db.execute<{ id: number; mark: string }>(
    sql`select id::int, concat(due_at, ' ', errors, ' ', looks) as mark from tasks`,
  )
}

/**
 * Puts all that has not begun into a far future, and waits until what has begun is over: then both sides stand still.
 * False where that does not come.
 */
export async function standStill({ db, warmup: { clock } }: Runtime): Promise<boolean> {
  const giveUpAt = performance.now() + STANDS_STILL_WITHIN_MS
  for (;;) {
    const now = clock.now().toISOString()
    await db.execute(sql`
      update tasks t set due_at = case when m.state = 'sending' then ${now}::timestamptz else t.due_at + interval '10 years' end
      from tasks other left join messages m on m.id = other.message_id
      where other.id = t.id and (t.lease_until is null or t.lease_until < clock_timestamp())
        and (m.state = 'sending' or t.due_at < ${now}::timestamptz + interval '5 years')`)
    // What ended in between is due again, or has made others due.
    const [row] = await db.execute<{ busy: boolean }>(sql`
      select exists (select from tasks where lease_until >= clock_timestamp() or due_at < ${now}::timestamptz + interval '5 years')
        or exists (select from messages where state = 'sending') as busy`)
    if (row?.busy === false) return true
    if (performance.now() > giveUpAt) return false
    await delay(GLANCE_MS)
  }
}
