import type { Decisions, RateName } from './engagement.ts'
import { type Random, seededRandom } from './random.ts'

/**
 * planned → sending → sent, or failed; `sending` is written, with the draft's id, before Gmail is asked to send that
 * draft. `unknown` is a send whose outcome can't be found out; `cancelled` was withdrawn before anything was sent.
 */
export const MESSAGE_STATES = ['planned', 'sending', 'sent', 'failed', 'unknown', 'cancelled'] as const
export type MessageState = (typeof MESSAGE_STATES)[number]

export const PLACEMENTS = [
  'inbox',
  'promotions',
  'social',
  'updates',
  'forums',
  'spam',
  'trash',
  'archive',
  'bounced',
  'missing',
] as const
/** Where a mail was when its recipient first found it, or why it never was. */
export type Placement = (typeof PLACEMENTS)[number]

/** A place in a mailbox. */
export type FoundPlacement = Exclude<Placement, 'missing' | 'bounced'>

const CATEGORY_PLACEMENTS: readonly [label: string, placement: FoundPlacement][] = [
  ['CATEGORY_PROMOTIONS', 'promotions'],
  ['CATEGORY_SOCIAL', 'social'],
  ['CATEGORY_UPDATES', 'updates'],
  ['CATEGORY_FORUMS', 'forums'],
]

/** Reads a placement off Gmail's system labels. https://developers.google.com/workspace/gmail/api/guides/labels */
export function placementOf(labelIds: readonly string[]): FoundPlacement {
  const has = (label: string) => labelIds.includes(label)
  if (has('SPAM')) return 'spam'
  if (has('TRASH')) return 'trash'
  if (!has('INBOX')) return 'archive'
  return CATEGORY_PLACEMENTS.find(([label]) => has(label))?.[1] ?? 'inbox'
}

/** What a placement tells of its sender; null where it tells nothing: somebody threw the mail away. */
export function evidenceKindOf(
  placement: Placement,
): 'inbox' | 'tabs' | 'spam' | 'missing' | 'bounced' | null {
  if (placement === 'trash') return null
  if (placement === 'inbox' || placement === 'archive') return 'inbox'
  if (placement === 'spam' || placement === 'missing' || placement === 'bounced') return placement
  return 'tabs'
}

/** Labels of one mail that are to be added and removed, by their Gmail ids. */
export type LabelChange = { add: string[]; remove: string[] }

/**
 * What a recipient does when it comes upon a mail: out of spam, to Primary, opened, as was decided; and its warmup label.
 * Read: https://developers.google.com/workspace/gmail/api/guides/labels
 */
export function firstTouch(decisions: Decisions, labelId: string | null): LabelChange {
  const does = (name: RateName) => decisions[name]?.answer === true
  return {
    add: [
      ...(does('rescue') ? ['INBOX'] : []),
      ...(does('primary') ? ['CATEGORY_PERSONAL'] : []),
      ...(labelId === null ? [] : [labelId]),
    ],
    remove: [
      ...(does('rescue') ? ['SPAM'] : []),
      ...(does('primary') ? ['CATEGORY_PROMOTIONS'] : []),
      ...(does('open') ? ['UNREAD'] : []),
    ],
  }
}

/** What it does once it has read the mail. A mail that stays in spam or was archived already has no inbox to leave. */
export function lastTouch(decisions: Decisions, { leavesInbox }: { leavesInbox: boolean }): LabelChange {
  return {
    add: [
      ...(decisions.important?.answer ? ['IMPORTANT'] : []),
      ...(decisions.star?.answer ? ['STARRED'] : []),
    ],
    remove: leavesInbox ? ['INBOX'] : [],
  }
}

export function both(a: LabelChange, b: LabelChange): LabelChange {
  const remove = [...a.remove, ...b.remove]
  return { add: [...a.add, ...b.add].filter((label) => !remove.includes(label)), remove }
}

export function changesNothing({ add, remove }: LabelChange): boolean {
  return add.length + remove.length === 0
}

/** What chance decides about one mail is drawn from the mail itself: it can be drawn again. */
export function chanceOf({ textSeed, turn }: { textSeed: number; turn: number }, what: string): Random {
  return seededRandom(`${what} ${textSeed} ${turn}`)
}

export function replySubject(subject: string): string {
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`
}
