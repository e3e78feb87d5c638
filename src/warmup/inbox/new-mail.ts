import type { Mailbox } from '../../db/mailboxes.ts'
import { hasComeIn, searchSince } from '../../domain/inbox.ts'
import { headersOf } from '../../domain/mail-class.ts'
import type { Added, HeadedMail } from '../../google/inbox.ts'
import type { Run, Warmup } from '../dependencies.ts'
import { OUR_HEADERS } from './classify-mail.ts'

/** What came in, oldest first, and up to where that is all of it. */
export type NewMail = {
  heads: HeadedMail[]
  historyId: string | null
  /** Null where there is more than one round reads. */
  fetchedAt: Date | null
}
type Found = Omit<NewMail, 'heads'> & { gmailIds: string[] }

/** Gmail refuses more requests at once for one mailbox ("Too many concurrent requests for user"). */
const HEADS_AT_ONCE = 5

/**
 * The mail that came in since the last round: by Gmail's history of the mailbox, which costs next to nothing where nothing
 * happened; or by its search, where there is no place in that history to begin at, or one that Gmail knows no more.
 */
export async function fetchNewMail(warmup: Warmup, run: Run, mailbox: Mailbox): Promise<NewMail> {
  const startedAt = warmup.clock.now()
  const { gmailIds, ...upTo } =
    (await findByHistory(warmup, run, mailbox, startedAt)) ??
    (await findBySearch(warmup, run, mailbox, startedAt))
  return { ...upTo, heads: await readHeads(warmup, run, gmailIds, mailbox) }
}

/** Null where it can't tell. */
async function findByHistory(
  warmup: Warmup,
  run: Run,
  mailbox: Mailbox,
  startedAt: Date,
): Promise<Found | null> {
  const { mostMails } = warmup.inbox
  if (mailbox.historyId === null) return null
  const added = new Map<string, Added>()
  let historyId: string | null = null
  let next: string | null = null
  do {
    const page = await run.ask((gmail) => gmail.addedSince(mailbox.historyId as string, next))
    if (!page) return null
    // What is added while the pages are read stands after the first one's count: the next round finds it.
    historyId ??= page.historyId
    for (const mail of page.added) if (hasComeIn(mail.labelIds)) added.set(mail.gmailId, mail)
    next = page.next
  } while (next !== null && added.size <= mostMails)

  const first = upToOneRound([...added.values()], mostMails)
  const isWhole = next === null && first.length === added.size
  const unknown = await unknownOf(
    warmup,
    run,
    first.map(({ gmailId }) => gmailId),
  )
  return {
    gmailIds: await filtered(run, mailbox, unknown),
    historyId: isWhole ? historyId : (first.at(-1)?.historyId ?? mailbox.historyId),
    fetchedAt: isWhole ? startedAt : null,
  }
}

/** A place in the history is between two of its entries: mails that were added in one stay together. */
function upToOneRound(added: readonly Added[], most: number): Added[] {
  const last = added[most - 1]
  return added.filter(({ historyId }, n) => n < most || historyId === last?.historyId)
}

async function findBySearch(warmup: Warmup, run: Run, mailbox: Mailbox, startedAt: Date): Promise<Found> {
  // Read before: what comes in while the search goes on is found from there.
  const historyId = await run.ask((gmail) => gmail.position())
  const found = await search(run, mailbox)
  const unknown = (await unknownOf(warmup, run, found)).reverse()
  const gmailIds = unknown.slice(0, warmup.inbox.mostMails)
  const isWhole = gmailIds.length === unknown.length
  return { gmailIds, historyId: isWhole ? historyId : null, fetchedAt: isWhole ? startedAt : null }
}

/** The history knows no search: what of these the account's own finds. */
async function filtered(run: Run, mailbox: Mailbox, gmailIds: string[]): Promise<string[]> {
  if (mailbox.filter === '' || gmailIds.length === 0) return gmailIds
  const wanted = new Set(await search(run, mailbox))
  return gmailIds.filter((id) => wanted.has(id))
}

/** All that came in since the last round that was whole, newest first. */
async function search(run: Run, { fetchedAt, filter }: Mailbox): Promise<string[]> {
  const q = searchSince(fetchedAt, filter)
  const ids: string[] = []
  let next: string | null = null
  do {
    const page = await run.ask((gmail) => gmail.search(q, next))
    ids.push(...page.ids)
    next = page.next
  } while (next !== null)
  return ids
}

async function unknownOf({ store }: Warmup, { account }: Run, gmailIds: string[]): Promise<string[]> {
  if (gmailIds.length === 0) return []
  const known = await store.inbox.known(account.id, gmailIds)
  return gmailIds.filter((id) => !known.has(id))
}

async function readHeads(
  { inbox }: Warmup,
  run: Run,
  gmailIds: readonly string[],
  { keepsBodies }: Mailbox,
): Promise<HeadedMail[]> {
  const headers = [...OUR_HEADERS, ...headersOf(inbox.rules)]
  const heads: (HeadedMail | null)[] = []
  for (let n = 0; n < gmailIds.length; n += HEADS_AT_ONCE) {
    const some = gmailIds.slice(n, n + HEADS_AT_ONCE)
    const read = (id: string) => run.ask((gmail) => gmail.incoming(id, { headers, withBody: keepsBodies }))
    heads.push(...(await Promise.all(some.map(read))))
  }
  // What was deleted meanwhile never was.
  return heads.filter((head) => head !== null)
}
