import { expect } from 'vitest'
import { eq, sql } from '../../src/db/drizzle.ts'
import { events, messages, tasks } from '../../src/db/schema.ts'
import type { EventKind } from '../../src/domain/events.ts'
import type { TaskKind } from '../../src/domain/task.ts'
import { handWorker } from './worker.ts'
import { openWorld, type World } from './world.ts'

export const ANNA = 'anna@example.com'
export const BEN = 'ben@example.org'

/** Gmail says that there is no such draft, though it is there: the mail was not sent, and nobody can tell. */
export const DRAFT_KEPT = { path: '/drafts/send', status: 404, reason: 'notFound', count: 1 }

/** Anna’s day is planned, and her one mail to Ben is due now. */
export async function openDue(): Promise<World> {
  const world = await openWorld()
  await planDue(world)
  return world
}

export async function planDue(world: World): Promise<void> {
  world.sandbox.control.forcePlacement('inbox')
  await world.connect(ANNA, { openRate: 1, replyRate: 1, startVolume: 1, dailyIncrease: 0 })
  await world.connect(BEN, { openRate: 1, replyRate: 1, kind: 'pool' })
  using worker = handWorker(world)
  for (const handout of await worker.handOut('plan')) await worker.run(handout)
  const [send] = await tasksOf(world, 'send')
  if (!send) throw new Error('nothing was planned')
  world.clock.moveTo(send.dueAt)
}

/** Runs the first task of a kind that is due. */
export async function runDue(world: World, kind: TaskKind) {
  using worker = handWorker(world)
  const [handout] = await worker.handOut(kind)
  return worker.run(handout)
}

/** Its send ends unknown: Gmail has sent the mail and nobody heard of it, has only its draft, or has neither. */
export async function makeUnknown(world: World, truth: 'sent' | 'draft' | 'nothing'): Promise<void> {
  const { control } = world.sandbox
  if (truth === 'sent') {
    control.addFault({ path: '/drafts/send', drop: 'after', count: 1 })
    control.addFault({ path: '/threads/', status: 200, body: { id: 'a thread' }, count: 1 })
    await runDue(world, 'send')
    await untilDue(world, 'send')
  } else control.addFault(DRAFT_KEPT)
  await runDue(world, 'send')
  if (truth === 'nothing') await deleteDraft(world)
}

export async function untilDue(world: World, kind: TaskKind): Promise<void> {
  const [first] = await tasksOf(world, kind)
  if (!first) throw new Error(`no ${kind} task waits`)
  world.clock.moveTo(new Date(Math.max(first.dueAt.getTime(), world.clock.now().getTime())))
}

export function tasksOf({ runtime: { db } }: World, kind: TaskKind) {
  return db.select().from(tasks).where(eq(tasks.kind, kind)).orderBy(tasks.dueAt)
}

export function eventsOf({ runtime: { db } }: World, kind: EventKind) {
  return db.select().from(events).where(eq(events.kind, kind)).orderBy(events.id)
}

/** The opening. */
export async function theMail({ runtime: { db } }: World) {
  const [message] = await db.select().from(messages).where(eq(messages.turn, 1))
  if (!message) throw new Error('there is no mail')
  return message
}

export function sentByAnna({ sandbox }: World): string[] {
  return sandbox.control
    .ledger()
    .flatMap((fact) => (fact.kind === 'sent' && fact.mailbox === ANNA ? [fact.rfcMessageId] : []))
}

/** As somebody does by hand. */
async function deleteDraft(world: World): Promise<void> {
  const { gmailDraftId, senderId } = await theMail(world)
  const stored = await world.runtime.warmup.store.tokens.of(senderId)
  const answer = await fetch(`${world.sandbox.origin}/gmail/v1/users/me/drafts/${gmailDraftId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${stored?.token.access_token}` },
  })
  if (!answer.ok) throw new Error(`the draft was not deleted: ${answer.status}`)
}

/** Lets so many operators decide about the first mail at the same moment: none goes on before all are at it. */
export async function allAtOnce<T>(
  { runtime: { db } }: World,
  times: number,
  decide: () => Promise<T>,
): Promise<T[]> {
  let decided: Promise<T[]> | undefined
  await db.transaction(async (tx) => {
    await tx.execute(sql`select from messages where id = 1 for update`)
    decided = Promise.all(Array.from({ length: times }, decide))
    await expect.poll(() => waitingForLocks(db)).toBe(times)
  })
  return (await decided) ?? []
}

async function waitingForLocks(db: World['runtime']['db']): Promise<number> {
  const [row] = await db.execute<{ waiting: number }>(sql`
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`)
  return row?.waiting ?? 0
}
