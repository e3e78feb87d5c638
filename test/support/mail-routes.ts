import { createPostgresBackend, type Job, Worker, withBackend } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { sql } from '../../src/db/drizzle.ts'
import type { NewRoute } from '../../src/db/mail-routes.ts'
import type { HandedMail } from '../../src/domain/handed-mail.ts'
import type { World } from './world.ts'

/** A route that takes any mail unless told otherwise. */
export async function addRoute(
  { runtime: { warmup } }: World,
  route: Pick<NewRoute, 'target' | 'destination'> & Partial<NewRoute>,
): Promise<number> {
  const any = { accountId: null, class: null, sender: '', subject: '', label: '', webhook: null }
  const id = await warmup.store.mailRoutes.add({
    name: route.destination,
    ...any,
    ...route,
    now: warmup.clock.now(),
  })
  if (id === null) throw new Error('the name is taken')
  return id
}

/** Any mail goes to this webhook. */
export async function addHook(world: World, url: string, more: Partial<NewRoute> = {}) {
  const webhook = { url, secret: world.runtime.warmup.notifier.newWebhookSecret() }
  const id = await addRoute(world, { target: 'webhook', destination: new URL(url).host, webhook, ...more })
  return { id, secret: webhook.secret }
}

/** What came in is fetched, and handed on as far as that can be done now. */
export async function fetchNow(world: World): Promise<void> {
  const { db } = world.runtime
  await db.execute(sql`update tasks set due_at = ${world.clock.now().toISOString()} where kind = 'sync'`)
  await world.settle()
}

export type Handoff = { id: number; subject: string; state: string; tries: number; failure: string | null }

export async function handoffsOf({ runtime: { db } }: World, routeId: number): Promise<Handoff[]> {
  const rows = await db.execute<Handoff>(sql`
    select h.id::int, m.subject, h.state, h.tries, h.failure from handoffs h
    join email_messages m on m.id = h.email_message_id where h.route_id = ${routeId} order by h.id`)
  return [...rows]
}

export type ForeignWorker = AsyncDisposable & { read: { jobId: string | undefined; mail: HandedMail }[] }

/** A worker of the operator's own, which knows nothing but where the queue is. */
export function foreignWorker({ config }: World, queue: string): ForeignWorker {
  const read: ForeignWorker['read'] = []
  const work = async ({ id, data }: Job) => void read.push({ jobId: id, mail: data })
  if (config.REDIS_URL) {
    const connection = new Redis(config.REDIS_URL, { maxRetriesPerRequest: null })
    const worker = new Worker(queue, work, { connection })
    return {
      read,
      [Symbol.asyncDispose]: () => worker.close().then(() => connection.disconnect()),
    }
  }
  const connection = new pg.Pool({ connectionString: config.DATABASE_URL, options: '-c search_path=bullmq' })
  const worker = new (withBackend(createPostgresBackend).Worker)(queue, work, { connection })
  return { read, [Symbol.asyncDispose]: () => worker.close().then(() => connection.end()) }
}
