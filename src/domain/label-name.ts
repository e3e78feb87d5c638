/** https://support.google.com/mail/answer/118708: a label's name has 225 characters at most. */
const LONGEST = 225

/**
 * Names that Gmail gives to no label of a user ("Invalid label name"), in whatever case: its system labels, and those that
 * were seen refused besides: https://github.com/GAM-team/got-your-back/issues/350, …/pull/95, …/issues/188.
 */
const RESERVED = new Set([
  'inbox',
  'sent',
  'draft',
  'drafts',
  'spam',
  'trash',
  'bin',
  'starred',
  'important',
  'unread',
  'chat',
  'chats',
  'muted',
  'snoozed',
  'scheduled',
  'all mail',
  '[gmail]',
  '[imap]',
])

/** A label's name as Gmail would take it, "a/b" for one within another; empty stays empty. @throws RangeError that says what is wrong */
export function tidyLabelName(text: string): string {
  const name = text.trim()
  if (name === '') return ''
  if (name.length > LONGEST) throw new RangeError(`a label’s name has ${LONGEST} characters at most`)
  if (/[\p{Cc}\p{Cf}]/u.test(name)) throw new RangeError('enter one line of plain text')
  const parts = name.split('/').map((part) => part.trim())
  if (parts.includes('')) throw new RangeError('a name stands on both sides of each “/”')
  const [first = ''] = parts
  if (RESERVED.has(first.toLowerCase()) || /^category_/i.test(first))
    throw new RangeError(`Gmail keeps the name “${first}” for itself`)
  return parts.join('/')
}
