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
  'missing',
] as const
/** Where a mail was when its recipient first found it. */
export type Placement = (typeof PLACEMENTS)[number]

const CATEGORY_PLACEMENTS: readonly [label: string, placement: Placement][] = [
  ['CATEGORY_PROMOTIONS', 'promotions'],
  ['CATEGORY_SOCIAL', 'social'],
  ['CATEGORY_UPDATES', 'updates'],
  ['CATEGORY_FORUMS', 'forums'],
]

/** Reads a placement off Gmail's system labels. https://developers.google.com/workspace/gmail/api/guides/labels */
export function placementOf(labelIds: readonly string[]): Placement {
  const has = (label: string) => labelIds.includes(label)
  if (has('SPAM')) return 'spam'
  if (has('TRASH')) return 'trash'
  if (!has('INBOX')) return 'archive'
  return CATEGORY_PLACEMENTS.find(([label]) => has(label))?.[1] ?? 'inbox'
}

/** The label changes with which a recipient rescues a mail from spam and opens it; empty where nothing changes. */
export function engagementLabels(placement: Placement, opens: boolean): { add: string[]; remove: string[] } {
  const rescues = placement === 'spam'
  return {
    add: rescues ? ['INBOX'] : [],
    remove: [...(rescues ? ['SPAM'] : []), ...(opens ? ['UNREAD'] : [])],
  }
}

export function replySubject(subject: string): string {
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`
}
