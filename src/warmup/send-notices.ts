import type { Delivery } from '../db/deliveries.ts'
import type { Task } from '../db/started-task.ts'
import { NoticeError } from '../domain/errors.ts'
import { type Notice, noticeMail, webhookDocument } from '../domain/notice-text.ts'
import type { Outcome } from '../domain/task.ts'
import type { Warmup } from './dependencies.ts'

/** How long after an older message's turn the next one looks whether it is gone. */
const NEXT_TURN_SECONDS = 5

/**
 * Sends a delivery with all that it has collected, once no older one of its channel is under way: what is over must not
 * be told before it began. Until then it goes on collecting. A crash after the receiver took it and before that is committed
 * repeats it under the same id, which receivers can tell.
 * @throws NoticeError
 */
export async function sendNotices(
  warmup: Warmup,
  { deliveryId }: Task,
  signal: AbortSignal,
): Promise<Outcome> {
  const { store, clock } = warmup
  if (deliveryId === null) return { kind: 'done' }
  const older = await store.deliveries.turnBefore(deliveryId)
  if (older) {
    const turn = Math.max(older.getTime(), clock.now().getTime()) + NEXT_TURN_SECONDS * 1000
    return { kind: 'again', at: new Date(turn), reason: 'an older message goes first', untried: true }
  }
  const begun = await store.deliveries.begin(deliveryId)
  if (begun) {
    await leave(warmup, begun.delivery, begun.notices, signal)
    await store.deliveries.end(begun.delivery.id, 'delivered', clock.now())
  }
  return { kind: 'done' }
}

/** After the last try: the delivery has failed, and the dashboard says so. Runs in the caller's transaction. */
export async function giveUpNotices(
  { store, clock }: Warmup,
  { deliveryId }: Task,
  reason: string,
): Promise<void> {
  if (deliveryId === null) return
  await store.deliveries.end(deliveryId, 'failed', clock.now(), reason)
  await store.events.add({ kind: 'notice_failed', at: clock.now(), accountId: null, data: { reason } })
}

/** Tries a failed delivery anew. False where it has not failed. */
export function sendAgain({ store, clock }: Warmup, deliveryId: number): Promise<boolean> {
  return store.transaction((tx) => tx.deliveries.revive(deliveryId, clock.now()))
}

async function leave(
  { store, notifier, baseUrl }: Warmup,
  delivery: Delivery,
  notices: readonly Notice[],
  signal: AbortSignal,
): Promise<void> {
  const id = messageId(delivery)
  if (delivery.webhookId === null) {
    if (!notifier.mail) throw new NoticeError('SMTP_URL is not set in this process')
    return notifier.mail.send({ id, ...noticeMail(notices, baseUrl), signal })
  }
  const target = await store.webhooks.target(delivery.webhookId)
  if (!target) return
  const body = JSON.stringify(webhookDocument(id, notices, baseUrl))
  await notifier.post(target, { id, body, signal })
}

/** The same however often it is tried. Two installations may tell one receiver, and both count from 1. */
function messageId({ id, createdAt }: Delivery): string {
  return `delivery-${createdAt.getTime().toString(36)}-${id}`
}
