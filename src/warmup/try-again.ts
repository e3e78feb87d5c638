import type { Account } from '../db/accounts.ts'
import type { Message } from '../db/messages.ts'
import type { Store } from '../db/store.ts'
import { type TryAgainFacts, whyNotAgain, whyNotOpenAgain } from '../domain/try-again.ts'
import type { Warmup } from './dependencies.ts'
import { hasWords } from './send-mail.ts'
import { addSending } from './settle-send.ts'

/**
 * Plans a mail that failed anew, or has a mail looked for again whose recipient's task was given up; both where the
 * conversation still makes sense. Returns why not; null where it was done.
 */
export function tryMessageAgain(warmup: Warmup, messageId: number): Promise<string | null> {
  const { clock } = warmup
  return warmup.store.transaction(async (tx) => {
    const own = { ...warmup, store: tx }
    const now = clock.now()
    const message = await tx.messageEndings.lock(messageId)
    if (message?.state === 'failed') return sendAgain(own, message, now)
    if (message?.state === 'sent' && message.openFailure !== null) return openAgain(own, message, now)
    return 'it has not failed, or is tried again already'
  })
}

/** The same for many, one after the other; how many are tried again, and how many make no sense any more. */
export async function tryAllAgain(
  warmup: Warmup,
  messageIds: readonly number[],
): Promise<{ tried: number; hindered: number }> {
  let tried = 0
  for (const id of messageIds) if ((await tryMessageAgain(warmup, id)) === null) tried += 1
  return { tried, hindered: messageIds.length - tried }
}

/** A failed mail was never given to Gmail to send, so it keeps its Message-ID, by which a draft of it can be found. */
async function sendAgain(warmup: Warmup, message: Message, now: Date): Promise<string | null> {
  const { store } = warmup
  const hindrance = whyNotAgain(await tryAgainFacts(warmup, message), now)
  if (hindrance !== null) return hindrance
  await store.messageEndings.planAgain(message.id, { from: 'failed', fresh: null, now })
  await addSending(store, message, now)
  await tell(store, message.senderId, message, now)
  return null
}

async function openAgain({ store }: Warmup, message: Message, now: Date): Promise<string | null> {
  const { recipient } = await partiesOf(store, message)
  const hindrance = whyNotOpenAgain(recipient)
  if (hindrance !== null) return hindrance
  await store.messageEndings.openAgain(message.id)
  await store.tasks.hasten([
    { kind: 'open', accountId: message.recipientId, messageId: message.id, dueAt: now },
  ])
  await tell(store, message.recipientId, message, now)
  return null
}

async function tell(store: Store, accountId: number, { id }: Message, at: Date): Promise<void> {
  await store.events.add({ kind: 'tried_again', at, accountId, messageId: id })
}

/** What says whether a mail may still be sent. */
export async function tryAgainFacts(warmup: Warmup, message: Message): Promise<TryAgainFacts> {
  const { store } = warmup
  return {
    ...(await partiesOf(store, message)),
    hasWords: hasWords(warmup, message),
    answered: message.inReplyTo === null ? null : await store.messages.byId(message.inReplyTo),
  }
}

export async function partiesOf(
  { accounts }: Pick<Store, 'accounts'>,
  { senderId, recipientId }: Message,
): Promise<{ sender: Account; recipient: Account }> {
  const sender = await accounts.byId(senderId)
  const recipient = await accounts.byId(recipientId)
  if (!sender || !recipient) throw new Error('a message without an account')
  return { sender, recipient }
}
