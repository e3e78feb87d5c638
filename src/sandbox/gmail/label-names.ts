import { invalidArgument } from '../http/google-error.ts'
import type { Mailbox } from '../state/shapes.ts'

export const CATEGORIES = [
  'CATEGORY_PERSONAL',
  'CATEGORY_SOCIAL',
  'CATEGORY_PROMOTIONS',
  'CATEGORY_UPDATES',
  'CATEGORY_FORUMS',
]

/** A message is in one of these at most. */
const PLACES = ['INBOX', 'SPAM', 'TRASH']

export const SYSTEM_LABELS = [
  ...PLACES,
  'UNREAD',
  'IMPORTANT',
  'STARRED',
  'SENT',
  'DRAFT',
  'CHAT',
  ...CATEGORIES,
]

/** Gmail gives these itself, and nobody else. */
const GIVEN = ['SENT', 'DRAFT', 'CHAT']

export const labelExists = (mailbox: Mailbox, id: string) =>
  SYSTEM_LABELS.includes(id) || mailbox.labels.has(id)

export function relabel(labels: string[], add: string[], remove: string[]): string[] {
  let result = labels.filter((label) => !remove.includes(label))
  for (const label of add) {
    const rivals = [PLACES, CATEGORIES].find((group) => group.includes(label)) ?? []
    result = [...result.filter((other) => other !== label && !rivals.includes(other)), label]
  }
  const unchanged = result.length === labels.length && result.every((label) => labels.includes(label))
  return unchanged ? labels : result
}

export function checkLabels(mailbox: Mailbox, add: string[], remove: string[]): void {
  if (add.length + remove.length === 0) throw invalidArgument('No label add or removes specified')
  for (const label of [...add, ...remove]) {
    if (GIVEN.includes(label) || !labelExists(mailbox, label))
      throw invalidArgument(`Invalid label: ${label}`)
  }
  if (add.some((label) => remove.includes(label))) {
    throw invalidArgument('Cannot both add and remove the same label')
  }
}
