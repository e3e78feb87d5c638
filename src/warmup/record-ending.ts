import type { Increments } from '../db/counts.ts'
import type { Store } from '../db/store.ts'
import { domainOf } from '../domain/account.ts'
import type { Bounce } from '../domain/delivery-status.ts'
import type { Decisions } from '../domain/engagement.ts'
import type { NewEvent } from '../domain/events.ts'
import { localDateOf } from '../domain/local-time.ts'
import { evidenceKindOf, type FoundPlacement, type Placement } from '../domain/message.ts'
import type { MessageRun } from './dependencies.ts'

type Found = {
  placement: FoundPlacement
  labelsSeen: string[]
  decisions: Decisions
  messageId: string
  threadId: string
}
/** How the way of a mail ended: where it was found, or that it never will be. */
export type Ending = Found | { placement: 'missing' } | { placement: 'bounced'; bounce: Bounce }

const NOWHERE = { labelsSeen: null, decisions: {}, messageId: null, threadId: null }

/** Records the end of a mail's way, once: the first record stands, and another one counts nothing (false). */
export async function recordEnding(tx: Store, run: MessageRun, ending: Ending, now: Date): Promise<boolean> {
  const { message } = run
  if (!(await tx.messages.recordArrival(message.id, { ...NOWHERE, ...ending, now }))) return false
  const { sender, recipient } = countsOf(ending)
  await tx.counts.add(
    new Map([
      [message.senderId, sender],
      [message.recipientId, recipient],
    ]),
  )
  await countEvidence(tx, run, ending.placement, now)
  await tx.events.add({ ...eventOf(ending, run), at: now, messageId: message.id })
  return true
}

function countsOf(ending: Ending): { sender: Increments; recipient: Increments } {
  if (ending.placement === 'missing') return { sender: { missing: 1 }, recipient: {} }
  if (ending.placement === 'bounced') return { sender: { bounced: 1 }, recipient: { bouncedTo: 1 } }
  return {
    sender: { placed: 1, placedSpam: ending.placement === 'spam' ? 1 : 0 },
    recipient: { received: ending.decisions.open === undefined ? 0 : 1 },
  }
}

/** What was learnt: of the sender by the recipient's domain, and of both on the day that it is for each of them. */
async function countEvidence(tx: Store, run: MessageRun, placement: Placement, now: Date): Promise<void> {
  const { message, account: recipient } = run
  const sender = await tx.accounts.byId(message.senderId)
  const kind = evidenceKindOf(placement)
  if (!sender || kind === null) return
  const learnt = [
    { account: sender, increments: { [kind]: 1 } },
    { account: recipient, increments: placement === 'bounced' ? { bouncedTo: 1 } : {} },
  ]
  // In the order of their ids, so that two transactions can't deadlock.
  for (const { account, increments } of learnt.toSorted((a, b) => a.account.id - b.account.id))
    await tx.accountDays.add(account.id, localDateOf(now, account.timeZone), increments)
  await tx.placementCounts.add(sender.id, domainOf(recipient.email), placement)
}

function eventOf(ending: Ending, { message }: MessageRun): Pick<NewEvent, 'kind' | 'accountId' | 'data'> {
  if (ending.placement === 'missing') return { kind: 'missing', accountId: message.senderId }
  if (ending.placement === 'bounced') {
    const { status, words } = ending.bounce
    return { kind: 'bounced', accountId: message.senderId, data: { reason: `${status} ${words}` } }
  }
  return { kind: 'delivered', accountId: message.recipientId, data: { placement: ending.placement } }
}
