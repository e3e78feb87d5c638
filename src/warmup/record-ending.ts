import type { Increments } from '../db/counts.ts'
import type { EndingRecord } from '../db/endings.ts'
import { domainOf } from '../domain/account.ts'
import type { Bounce } from '../domain/delivery-status.ts'
import { type Decisions, runsAfter } from '../domain/engagement.ts'
import { localDateOf } from '../domain/local-time.ts'
import { evidenceKindOf, type FoundPlacement, type Placement } from '../domain/message.ts'
import type { MessageRun, Warmup } from './dependencies.ts'

type Found = {
  placement: FoundPlacement
  labelsSeen: string[]
  decisions: Decisions
  messageId: string
  threadId: string
}
/** How the way of a mail ended: where it was found, or that it never will be. */
export type Ending = Found | { placement: 'missing' } | { placement: 'bounced'; bounce: Bounce }

const NOWHERE = { labelsSeen: null, decisions: {}, messageId: null, threadId: null, bounce: null }

/**
 * Records the end of a mail's way, once: the first record stands. False, and nothing is counted, where there is one, or
 * where what was decided rests on figures that have changed.
 */
export function recordEnding(
  { store }: Warmup,
  run: MessageRun,
  ending: Ending,
  now: Date,
): Promise<boolean> {
  const kept = { ...NOWHERE, ...ending }
  return store.endings.record(run.message, {
    ...kept,
    ...countsOf(ending),
    ...evidenceOf(run, ending.placement, now),
    runs: { before: run.runs, after: runsAfter(run.runs, kept.decisions) },
    event: eventOf(ending, run),
    now,
  })
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
function evidenceOf(
  { account: recipient, partner: sender }: MessageRun,
  placement: Placement,
  now: Date,
): Pick<EndingRecord, 'learnt' | 'domain'> {
  const kind = evidenceKindOf(placement)
  if (kind === null) return { learnt: [], domain: null }
  const about = ({ id, timeZone }: typeof sender) => ({ accountId: id, day: localDateOf(now, timeZone) })
  return {
    learnt: [
      { ...about(sender), evidence: { [kind]: 1 } },
      ...(placement === 'bounced' ? [{ ...about(recipient), evidence: { bouncedTo: 1 } }] : []),
    ],
    domain: domainOf(recipient.email),
  }
}

function eventOf(ending: Ending, { message }: MessageRun): EndingRecord['event'] {
  if (ending.placement === 'missing') return { kind: 'missing', accountId: message.senderId }
  if (ending.placement === 'bounced') {
    const { status, words } = ending.bounce
    return { kind: 'bounced', accountId: message.senderId, data: { reason: `${status} ${words}` } }
  }
  return { kind: 'delivered', accountId: message.recipientId, data: { placement: ending.placement } }
}
