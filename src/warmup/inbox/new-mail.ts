import type { Mailbox } from '../../db/mailboxes.ts'
import { hasComeIn, isTooNewToSearch, searchSince } from '../../domain/inbox.ts'
import type { Added, HeadedMail } from '../../google/inbox.ts'
import type { Run, Warmup } from '../dependencies.ts'
import { readHeads, readTimes } from './heads.ts'

/** Why a round leaves something for the next: it is more than one reads, or too new for Gmail's search. */
export type Left = 'nothing' | 'more' | 'too_new'
/** What came in, oldest first, and up to where that is all of it. */
export type NewMail = {
  heads: HeadedMail[]
  historyId: string | null
  /** Null where something is left. */
  fetchedAt: Date | null
  left: Left
}
type Found = Omit<NewMail, 'heads'> & { gmailIds: string[] }

/**
 * The mail that came in since the last round: by Gmail's history of the mailbox, which costs next to nothing where nothing
 * happened; or by its search, where there is no place in that history to begin at, or one that Gmail knows no more.
 */
export async function fetchNewMail(warmup: Warmup, run: Run, mailbox: Mailbox): Promise<NewMail> {
  const startedAt = warmup.clock.now()
  const { gmailIds, ...upTo } =
    (await findByHistory(warmup, run, mailbox, startedAt)) ??
    (await findBySearch(warmup, run, mailbox, startedAt))
  return { ...upTo, heads: await readHeads(warmup, run, gmailIds, mailbox.keepsBodies) }
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
    // One that is told of again stays where it was first, or what stands between would be left out.
    for (const mail of page.added)
      if (hasComeIn(mail.labelIds) && !added.has(mail.gmailId)) added.set(mail.gmailId, mail)
    next = page.next
  } while (next !== null && added.size <= mostMails)

  const first = upToOneRound([...added.values()], mostMails)
  const unknown = await unknownOf(warmup, run, idsOf(first))
  const { wanted, tooNew } = await filtered(run, mailbox, unknown, startedAt)
  const round = tooNew === null ? first : upToEntryOf(tooNew, first)
  const isAll = next === null && first.length === added.size
  const left = tooNew !== null ? 'too_new' : isAll ? 'nothing' : 'more'
  return {
    gmailIds: idsOf(round).filter((id) => wanted.has(id)),
    historyId: left === 'nothing' ? historyId : (round.at(-1)?.historyId ?? mailbox.historyId),
    fetchedAt: left === 'nothing' ? startedAt : null,
    left,
  }
}

function idsOf(added: readonly Added[]): string[] {
  return added.map(({ gmailId }) => gmailId)
}

/** What the history tells of before it tells of this mail. */
function upToEntryOf(gmailId: string, added: readonly Added[]): readonly Added[] {
  const entry = added.find((mail) => mail.gmailId === gmailId)?.historyId
  return added.slice(
    0,
    added.findIndex(({ historyId }) => historyId === entry),
  )
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
  return gmailIds.length === unknown.length
    ? { gmailIds, historyId, fetchedAt: startedAt, left: 'nothing' }
    : { gmailIds, historyId: null, fetchedAt: null, left: 'more' }
}

/**
 * The history knows no filter: what of these the account's own search finds; and the first one of which it can't be told,
 * as it is so new that the search may not know it yet.
 */
async function filtered(
  run: Run,
  mailbox: Mailbox,
  gmailIds: string[],
  now: Date,
): Promise<{ wanted: ReadonlySet<string>; tooNew: string | null }> {
  if (mailbox.filter === '' || gmailIds.length === 0) return { wanted: new Set(gmailIds), tooNew: null }
  const found = new Set(await search(run, mailbox))
  const wanted = new Set(gmailIds.filter((id) => found.has(id)))
  const others = gmailIds.filter((id) => !found.has(id))
  const times = await readTimes(run, others)
  const isTooNew = (time: Date | null | undefined) => time != null && isTooNewToSearch(time, now)
  const tooNew = others.find((_, n) => isTooNew(times[n])) ?? null
  return { wanted, tooNew }
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
