/** What a delivery status notification says: its report (RFC 3464) and which mails it names, each by its Message-IDs. */
export type Notice = {
  /** The text of its message/delivery-status part. */
  report: string
  /** The Message-ID of the mail that it gives back, if it gives one back. */
  returned: string | null
  inReplyTo: string | null
  /** Names all the mails of a conversation so far. */
  references: string | null
}

/** That a mail can't be delivered, ever: the status (RFC 3463) and the words of the server. */
export type Bounce = { status: string; words: string }

type Fields = ReadonlyMap<string, string>

const MOST_WORDS = 300

/**
 * Whether a notice says that this mail failed for good on its way to this recipient. A mere delay is no bounce; a failure
 * is one whatever its status: RFC 3464 (2.3.3) lets only the action tell, and a mail that expired bears a 4.x.x.
 */
export function bounceOf(notice: Notice, mail: { rfcMessageId: string; recipient: string }): Bounce | null {
  const groups = groupsIn(notice.report)
  if (!isAbout(notice, groups, mail.rfcMessageId)) return null
  const failed = groups.find(
    (fields) =>
      addressIn(fields.get('final-recipient')) === mail.recipient.toLowerCase() &&
      wordIn(fields.get('action')) === 'failed' &&
      statusOf(fields)?.startsWith('2.') === false,
  )
  const status = failed && statusOf(failed)
  return status ? { status, words: wordsOf(failed) } : null
}

/** What names the mail most exactly decides: a notice may answer one mail and give back another. */
function isAbout(notice: Notice, groups: readonly Fields[], rfcMessageId: string): boolean {
  const original = groups.flatMap((fields) => idsIn(fields.get('x-original-message-id')))
  const { returned, inReplyTo, references } = notice
  const named = [original, ...[returned, inReplyTo, references].map(idsIn)].find((ids) => ids.length > 0)
  return named?.includes(bare(rfcMessageId)) ?? false
}

/** The groups of fields of a report: one about the mail, then one for each recipient; an empty line is between them. */
function groupsIn(report: string): Fields[] {
  return report
    .replace(/\r\n?/g, '\n')
    .split(/\n[ \t]*\n/)
    .map(fieldsIn)
}

/** By lower-case name, folded lines put together (RFC 5322, 2.2.3); of a name that comes twice, the first. */
function fieldsIn(group: string): Fields {
  const fields = new Map<string, string>()
  for (const line of group.replace(/\n[ \t]+/g, ' ').split('\n')) {
    const [, name, value] = line.match(/^([!-9;-~]+)[ \t]*:(.*)$/) ?? []
    if (name && value !== undefined && !fields.has(name.toLowerCase()))
      fields.set(name.toLowerCase(), value.trim())
  }
  return fields
}

/** "rfc822; <Ben@Example.org>" → "ben@example.org". Some servers leave the type out, some the brackets in. */
function addressIn(value = ''): string {
  return untyped(value)
    .replace(/^<(.*)>$/, '$1')
    .toLowerCase()
}

/** "Failed (expanded)" → "failed". */
function wordIn(value = ''): string {
  return value.match(/^[a-z]+/i)?.[0].toLowerCase() ?? ''
}

/** Where the field is missing or can't be read, the server's own answer tells. */
function statusOf(fields: Fields): string | null {
  const given = fields.get('status')?.match(/^[245]\.\d{1,3}\.\d{1,3}\b/)
  const told = fields.get('diagnostic-code')?.match(/\b[245]\.\d{1,3}\.\d{1,3}\b/)
  return given?.[0] ?? told?.[0] ?? null
}

/** "smtp; 550-5.1.1 No such 550 5.1.1 user" → "No such user": every line of an SMTP answer repeats its codes. */
function wordsOf(fields: Fields): string {
  const words = untyped(fields.get('diagnostic-code') ?? '')
    .replace(/(^|\s)[245]\d\d[ -](#?[245]\.\d{1,3}\.\d{1,3}[ -]*)?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  if (words === '') return 'the server gave no reason'
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS - 1)}…` : words
}

/** Without the type before the first semicolon: "smtp; …", "rfc822; …". */
function untyped(value: string): string {
  return value.replace(/^[\w-]+[ \t]*;/, '').trim()
}

function idsIn(value: string | null | undefined): string[] {
  return (value ?? '')
    .split(/\s+/)
    .filter((id) => id !== '')
    .map(bare)
}

function bare(id: string): string {
  return id.replace(/^<|>$/g, '')
}
