import type { Account } from '../db/accounts.ts'
import type { HandoffRow } from '../db/handoff-reports.ts'
import type { Fetching, KeptMail } from '../db/mail-reports.ts'
import type { Store } from '../db/store.ts'
import { MAIL_CLASSES } from '../domain/mail-class.ts'
import { type MailQuery, mailHref } from './mail-query.ts'
import { olderPage } from './older-page.ts'
import { timeView } from './times.ts'
import { CLASS_WORDS, counted, HANDOFF_WORDS, LABEL_WORDS } from './words.ts'

type Looking = { now: Date; zone: string }

/** All that the page of an account's mail shows, in three queries, and one more where something is searched for. */
export async function loadMail({ mailReports }: Store, account: Account, query: MailQuery, now: Date) {
  const looking = { now, zone: account.timeZone }
  const path = mailPath(account)
  const [{ mails, lookedTo }, fetching] = await Promise.all([
    mailReports.newest(account.id, query.filter, query.part),
    mailReports.fetching(account.id),
  ])
  const hrefOf = (before: number | null) => mailHref(path, query, before)
  const { rows, links } = olderPage(mails, query.part.before, hrefOf, lookedTo)
  const handoffs = Map.groupBy(await mailReports.handoffsOf(rows.map(({ id }) => id)), ({ mailId }) => mailId)
  return {
    path,
    account: { href: `/accounts/${account.id}`, email: account.email },
    filter: {
      ...query.filter,
      isSet: query.filter.text !== '' || query.filter.class !== null,
      classes: MAIL_CLASSES.map((value) => ({ value, words: CLASS_WORDS[value] })),
    },
    mails: rows.map((mail) => mailView(mail, handoffs.get(mail.id) ?? [], looking)),
    links,
    goesOn: links.older !== null,
    fetching: fetching && fetchingView(fetching, account, looking),
    settings: fetching,
  }
}

export function mailPath({ id }: Pick<Account, 'id'>): string {
  return `/accounts/${id}/mail`
}

function mailView(mail: KeptMail, handoffs: readonly HandoffRow[], { now, zone }: Looking) {
  return {
    id: mail.id,
    subject: mail.subject || '(no subject)',
    sender: mail.sender || '(no sender)',
    snippet: mail.snippet,
    received: timeView(mail.receivedAt, { now, zone }),
    class: {
      name: mail.class,
      words: CLASS_WORDS[mail.class],
      reason: mail.rule ?? 'no rule says what it is',
    },
    labels: mail.labelIds.map((label) => LABEL_WORDS[label] ?? label),
    handoffs: handoffs.map(({ route, state, failure }) => ({
      route,
      isDead: state === 'dead',
      words: HANDOFF_WORDS[state],
      failure: state === 'handed' ? null : failure,
    })),
  }
}

function fetchingView({ everyMinutes, fetchedAt, next }: Fetching, { status }: Account, looking: Looking) {
  const waits = status === 'needs_reauth' ? 'when it is connected again' : null
  return {
    every: everyMinutes === null ? null : everyWords(everyMinutes),
    upTo: timeView(fetchedAt, looking),
    next: next && waits === null ? timeView(next.dueAt, looking) : null,
    waits: everyMinutes === null ? null : waits,
    problem: next && next.errors > 0 ? next.waitingFor : null,
  }
}

function everyWords(minutes: number): string {
  return minutes === 1 ? 'every minute' : `every ${counted(minutes, 'minute')}`
}
