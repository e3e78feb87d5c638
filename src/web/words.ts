import type { AccountKind, AccountStatus } from '../domain/account.ts'
import type { MailClass } from '../domain/mail-class.ts'
import type { HandoffState, RouteTarget } from '../domain/mail-route.ts'
import type { MessageState, Placement } from '../domain/message.ts'
import type { TaskKind } from '../domain/task.ts'

/** How the pages call the values of the domain. */
export const KIND_WORDS: Record<AccountKind, string> = {
  warmup: 'Warmup',
  pool: 'Pool',
  vault: 'Vault',
}

export const STATUS_WORDS: Record<AccountStatus, string> = {
  active: 'Active',
  paused: 'Paused',
  needs_reauth: 'Needs re-authentication',
  removed: 'Removed',
}

export const TASK_WORDS: Record<TaskKind, string> = {
  plan: 'Plan the day',
  send: 'Send a mail',
  open: 'Look for a mail',
  reply: 'Send a reply',
  settle: 'Find out whether a mail was sent',
  check: 'Prove the token',
  disconnect: 'Revoke access at Google',
  sync: 'Fetch new mail',
  hand_on: 'Hand mail on',
  notify: 'Tell the operator',
  tidy: 'Tidy up history',
}

export const STATE_WORDS: Record<MessageState, string> = {
  planned: 'Planned',
  sending: 'Sending',
  sent: 'Sent',
  failed: 'Failed',
  unknown: 'Outcome unknown',
  cancelled: 'Withdrawn',
}

export const PLACEMENT_WORDS: Record<Placement, string> = {
  inbox: 'inbox',
  promotions: 'Promotions',
  social: 'Social',
  updates: 'Updates',
  forums: 'Forums',
  spam: 'spam',
  trash: 'trash',
  archive: 'archive',
  bounced: 'nowhere: it came back',
  missing: 'nowhere',
}

export const CLASS_WORDS: Record<MailClass, string> = {
  warmup: 'Warmup',
  reply: 'Reply',
  bounce: 'Came back',
  auto_reply: 'Automatic reply',
  newsletter: 'Newsletter',
  security: 'Security notice',
  calendar: 'Calendar',
  other: 'Other',
}

export const HANDOFF_WORDS: Record<HandoffState, string> = {
  waiting: 'waits',
  handed: 'handed on',
  dead: 'given up',
}

export const TARGET_WORDS: Record<RouteTarget, string> = {
  webhook: 'Webhook',
  queue: 'Queue',
  mail: 'Mail',
}

/** Gmail's system labels. https://developers.google.com/workspace/gmail/api/guides/labels */
export const LABEL_WORDS: Record<string, string> = {
  INBOX: 'Inbox',
  SPAM: 'Spam',
  TRASH: 'Trash',
  UNREAD: 'Unread',
  STARRED: 'Starred',
  IMPORTANT: 'Important',
  SENT: 'Sent',
  DRAFT: 'Draft',
  CATEGORY_PERSONAL: 'Primary',
  CATEGORY_PROMOTIONS: 'Promotions',
  CATEGORY_SOCIAL: 'Social',
  CATEGORY_UPDATES: 'Updates',
  CATEGORY_FORUMS: 'Forums',
}

/** Why a task was put off; anything else that stands there is an error's own words. */
export const WAITING_WORDS: Record<string, string> = {
  stopped: 'all sending is stopped',
  rest: 'rests for its health',
  authentication: 'waits for the records of its domain',
  hours: 'waits for its sending hours',
  waking: 'waits for its waking hours',
  reading: 'is being read',
  limit: 'the daily limit is reached',
  pause: 'keeps its distance from the last mail',
  'not arrived': 'the mail has not arrived yet',
  'the next working day': 'on the next working day',
  'daily check': 'once a day',
  'not found yet': 'the mail was not found so far',
  'the next round': 'in the next round',
  'more mail than one round fetches': 'there is more mail than one round fetches',
  'more mail to hand on': 'there is more mail to hand on',
}

/** The reason of a failure as it stands on its own. */
export function sentence(reason: string): string {
  const end = /[.!?]$/.test(reason) ? '' : '.'
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${end}`
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
