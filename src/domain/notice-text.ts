import { clientIdOf, type IncidentKind, type NoticeEdge } from './incident.ts'
import { FAILURE_ADVICE, type TokenFailure } from './token-failure.ts'

/** That an incident began or ended. */
export type Notice = {
  edge: NoticeEdge
  incident: {
    id: number
    kind: IncidentKind
    subject: string
    failure: TokenFailure
    words: string
    openedAt: Date
    closedAt: Date | null
  }
  account: { id: number; email: string } | null
}
export type NoticeType = `${IncidentKind}.${NoticeEdge}`
type Group = { type: NoticeType; notices: Notice[] }

const NAMES_IN_A_LINE = 10
const ENTRIES_IN_A_MAIL = 100
/** Half a megabyte of JSON: servers commonly take no more than one. */
const NOTICES_IN_A_DOCUMENT = 1000

/** The most important first. */
const HEADLINES: Record<NoticeType, { one(name: string): string; many(count: number): string }> = {
  'app_refused.opened': {
    one: (client) => `Google refuses the OAuth client ${client}`,
    many: (count) => `Google refuses ${count} OAuth clients`,
  },
  'google_down.opened': {
    one: () => 'Google fails for many accounts at once',
    many: (count) => `Google failed for many accounts at once, ${count} times`,
  },
  'needs_reauth.opened': {
    one: (address) => `${address} needs re-authentication`,
    many: (count) => `${count} mailboxes need re-authentication`,
  },
  'app_refused.closed': {
    one: (client) => `Google accepts the OAuth client ${client} again`,
    many: (count) => `Google accepts ${count} OAuth clients again`,
  },
  'google_down.closed': {
    one: () => 'Google answers again',
    many: (count) => `Google answered again, ${count} times`,
  },
  'needs_reauth.closed': {
    one: (address) => `${address} is connected again`,
    many: (count) => `${count} mailboxes are connected again`,
  },
}
const BY_IMPORTANCE = Object.keys(HEADLINES) as NoticeType[]

/** What a webhook is sent: `text` for people, which Slack shows as it is, and the same as data. */
export function webhookDocument(id: string, notices: readonly Notice[], baseUrl: string) {
  return {
    id,
    text: forSlack([...grouped(notices).map(line), noticesPage(baseUrl)].join('\n')),
    notices: notices.slice(0, NOTICES_IN_A_DOCUMENT).map((notice) => asData(notice, baseUrl)),
    left_out: Math.max(0, notices.length - NOTICES_IN_A_DOCUMENT),
  }
}

/** What a mail says: its subject how things stand now, its text each step. */
export function noticeMail(notices: readonly Notice[], baseUrl: string): { subject: string; text: string } {
  const latest = new Map(notices.map((notice) => [notice.incident.subject, notice]))
  const standing = grouped([...latest.values()])
  const [first] = standing.toSorted((a, b) => BY_IMPORTANCE.indexOf(a.type) - BY_IMPORTANCE.indexOf(b.type))
  const sections = grouped(notices).map((group) => section(group, baseUrl))
  return {
    subject: `kindling: ${first ? headline(first) : 'no news'}`,
    text: `${[...sections, `All notices: ${noticesPage(baseUrl)}`].join('\n\n')}\n`,
  }
}

/** What one notice says of itself. */
export function noticeHeadline(notice: Notice): string {
  return HEADLINES[typeOf(notice)].one(nameOf(notice))
}

/** Of the same type together, as far as each subject's own order allows. */
function grouped(notices: readonly Notice[]): Group[] {
  const groups: Group[] = []
  const groupOf = new Map<string, number>()
  for (const notice of notices) {
    const { subject } = notice.incident
    const type = typeOf(notice)
    const last = groupOf.get(subject) ?? -1
    const found = groups.findIndex((group, index) => index > last && group.type === type)
    const index = found === -1 ? groups.push({ type, notices: [] }) - 1 : found
    groups[index]?.notices.push(notice)
    groupOf.set(subject, index)
  }
  return groups
}

function headline({ type, notices }: Group): string {
  const [first] = notices
  return notices.length === 1 && first ? noticeHeadline(first) : HEADLINES[type].many(notices.length)
}

/** A group in one line: the headline, at most ten names, and why, where all have the same reason. */
function line(group: Group): string {
  const { notices } = group
  const names = notices.length === 1 ? '' : `: ${listed(notices.map(nameOf))}`
  const reasons = new Set(notices.filter(({ edge }) => edge === 'opened').map(reasonOf))
  return `${headline(group)}${names}${reasons.size === 1 ? ` (${[...reasons][0]})` : ''}`
}

function reasonOf({ incident }: Notice): string {
  return incident.kind === 'needs_reauth' ? FAILURE_ADVICE[incident.failure].means : oneLine(incident.words)
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMES_IN_A_LINE
  const last = more > 0 ? `${more} more` : (names.at(-1) ?? '')
  return `${names.slice(0, more > 0 ? NAMES_IN_A_LINE : -1).join(', ')} and ${last}`
}

function section(group: Group, baseUrl: string): string {
  const { notices } = group
  if (notices.length === 1) return notices.map((notice) => entry(notice, baseUrl)).join()
  if (notices.length > ENTRIES_IN_A_MAIL) return `${headline(group)}: see ${noticesPage(baseUrl)}`
  return [`${headline(group)}:`, ...notices.map((notice) => entry(notice, baseUrl))].join('\n\n')
}

function entry(notice: Notice, baseUrl: string): string {
  const { openedAt, closedAt, failure, words } = notice.incident
  const { means, advice } = FAILURE_ADVICE[failure]
  const facts =
    notice.edge === 'closed'
      ? [`It began ${minute(openedAt)} and was over ${minute(closedAt ?? openedAt)}.`]
      : [
          `Since:        ${minute(openedAt)}`,
          `Likely cause: ${means}`,
          `In detail:    ${oneLine(words)}`,
          `What to do:   ${advice}`,
        ]
  return [noticeHeadline(notice), ...facts, linkOf(notice, baseUrl)].join('\n  ')
}

function asData(notice: Notice, baseUrl: string) {
  const { edge, incident, account } = notice
  const { means, advice } = FAILURE_ADVICE[incident.failure]
  return {
    type: typeOf(notice),
    incident_id: incident.id,
    account: account && { id: account.id, email: account.email },
    client_id: clientIdOf(incident.subject),
    failure: { code: incident.failure, meaning: means, advice },
    words: incident.words,
    opened_at: incident.openedAt.toISOString(),
    // Of an opening it says nothing, so that a repetition of the document is the same document.
    closed_at: edge === 'closed' && incident.closedAt ? incident.closedAt.toISOString() : null,
    url: linkOf(notice, baseUrl),
  }
}

function typeOf({ edge, incident }: Notice): NoticeType {
  return `${incident.kind}.${edge}`
}

function nameOf({ account, incident }: Notice): string {
  return oneLine(account?.email ?? clientIdOf(incident.subject) ?? incident.subject)
}

function linkOf({ account }: Notice, baseUrl: string): string {
  return account ? `${baseUrl}/accounts/${account.id}` : noticesPage(baseUrl)
}

const noticesPage = (baseUrl: string) => `${baseUrl}/notices`

const minute = (instant: Date) => `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** Words from outside may hold anything; in a header a line break would begin another one. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
}

/** The three characters that Slack gives a meaning: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function forSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
