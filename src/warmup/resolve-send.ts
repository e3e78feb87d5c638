import type { Message } from '../db/messages.ts'
import { whyNoLook, whyNotAgain } from '../domain/try-again.ts'
import { provesAbsence } from '../domain/unknown-send.ts'
import type { Warmup } from './dependencies.ts'
import { partiesOf, tryAgainFacts } from './try-again.ts'

/** Why what the operator asked for is not done, or not yet, in words for the page; null where it is. */
export type Hindrance = string | null

/** Has an unknown mail looked for in its sender's mailbox, now or as soon as that can be opened. */
export function lookAgain(warmup: Warmup, messageId: number): Promise<Hindrance> {
  return resolve(warmup, messageId, async (own, message) => {
    const { sender } = await partiesOf(own.store, message)
    const hindrance = whyNoLook(sender)
    if (sender.status !== 'removed') await hasten(own, message)
    return hindrance
  })
}

/** Has all of them looked for; how many those are. Those of removed accounts can't be. */
export function lookForAll({ store, clock }: Warmup): Promise<number> {
  return store.messageEndings.lookForAll(clock.now())
}

/**
 * Has a mail sent again whose last look has shown that it was not sent. It is looked for once more right before, so what
 * was found meanwhile is never sent twice; then it is planned anew, and counts against the limits as any other.
 */
export function sendUnknownAgain(warmup: Warmup, messageId: number): Promise<Hindrance> {
  return resolve(warmup, messageId, async (own, message) => {
    const now = own.clock.now()
    if (!provesAbsence(message)) return 'no look has shown yet that it was not sent'
    const hindrance = whyNotAgain(await tryAgainFacts(own, message), now)
    if (hindrance !== null) return hindrance
    if (message.resendWishedAt !== null) return null
    await own.store.messageEndings.wishResend(messageId, now)
    await hasten(own, message)
    await own.store.events.add({ kind: 'resend_wished', at: now, accountId: message.senderId, messageId })
    return null
  })
}

/** Gives an unknown mail up: it is neither looked for nor sent any more. */
export function dropUnknown(warmup: Warmup, messageId: number): Promise<Hindrance> {
  return resolve(warmup, messageId, async ({ store, clock }, message) => {
    await store.messageEndings.drop(
      messageId,
      'dropped by the operator: nobody knows whether Gmail has sent it',
    )
    await store.tasks.removeOfMessage('settle', messageId)
    await store.events.add({
      kind: 'send_dropped',
      at: clock.now(),
      accountId: message.senderId,
      messageId,
    })
    return null
  })
}

/** Two operators, or a worker that is at it, decide one after the other. */
function resolve(
  warmup: Warmup,
  messageId: number,
  decide: (own: Warmup, message: Message) => Promise<Hindrance>,
): Promise<Hindrance> {
  return warmup.store.transaction(async (tx) => {
    const message = await tx.messageEndings.lock(messageId)
    if (message?.state !== 'unknown') return 'it is no longer unknown'
    return decide({ ...warmup, store: tx }, message)
  })
}

function hasten({ store, clock }: Warmup, { id, senderId }: Message): Promise<void> {
  return store.tasks.hasten([{ kind: 'settle', accountId: senderId, messageId: id, dueAt: clock.now() }])
}
