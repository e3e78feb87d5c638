import type { Account } from '../../db/accounts.ts'
import type { Message } from '../../db/messages.ts'
import type { Store } from '../../db/store.ts'
import { readingSchedule } from '../../domain/account.ts'
import { NeedsReauthError } from '../../domain/errors.ts'
import { addDays, localDateOf, startOfLocalDay } from '../../domain/local-time.ts'
import { chanceOf, replySubject } from '../../domain/message.ts'
import { readingTime } from '../../domain/pacing.ts'
import type { SentMail } from '../../google/gmail.ts'
import type { Warmup } from '../dependencies.ts'
import type { AskGmail } from '../mailboxes.ts'
import { planLook } from '../plan-look.ts'
import { findAnswer, findSent } from './find-sent.ts'

const ACCOUNTS_AT_ONCE = 20

/** What was learnt of the time that the backup knows nothing of. */
export type CaughtUp = {
  /** Mails that it took for unsent, and answers that it did not know. */
  sent: number
  replies: number
  /** Mails of which nobody can say: they are `unknown` now. */
  unknown: number
  /** Accounts whose mailbox is closed to us. */
  closed: string[]
}

const WAITS = 'a backup was restored: sending goes on the next day'
const UNSURE = 'a backup was restored, and a mail like this one was sent since: it can’t be told which'
const CLOSED = 'a backup was restored, and its sender’s mailbox can’t be asked whether it was sent since'
const UNREADABLE = 'a backup was restored, and this mailbox can’t be asked whether it has answered since'

/**
 * After a backup was restored: asks the mailboxes what was sent since it was made, so that none of it is sent again, and
 * lets everything wait for each account's next day, as nobody can tell how much of this one's limit was used. Nothing else may
 * run meanwhile. Cut off anywhere, it can be run again.
 * @throws GoogleError where Google can't be asked now
 */
export async function catchUp(
  warmup: Warmup,
  { signal, advance = () => {} }: { signal: AbortSignal; advance?: () => void },
): Promise<CaughtUp> {
  const { store } = warmup
  const found: CaughtUp = { sent: 0, replies: 0, unknown: 0, closed: [] }
  const accounts = (await store.accounts.all()).filter(({ status }) => status !== 'removed')
  await store.endLeases()
  for (const account of accounts) await holdBack(warmup, account)
  const askOf = mailboxes(warmup, found, signal)
  const waiting = accounts.values()
  const work = async () => {
    for (const account of waiting) {
      signal.throwIfAborted()
      await settleUnsent(warmup, account, askOf, found)
      advance()
    }
  }
  await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, work))
  await findAnswers(warmup, new Map(accounts.map((account) => [account.id, account])), askOf, found, signal)
  await store.events.add({
    kind: 'restored',
    at: warmup.clock.now(),
    accountId: null,
    data: { sent: found.sent, replies: found.replies },
  })
  return found
}

/** Before anything is asked of Google, so that whoever is cut off leaves it done. */
async function holdBack({ store, clock }: Warmup, { id, timeZone }: Account): Promise<void> {
  const today = localDateOf(clock.now(), timeZone)
  const until = nextDay(clock.now(), timeZone)
  await store.transaction((tx) => tx.restore.holdBack(id, { today, until, reason: WAITS }))
}

function nextDay(now: Date, timeZone: string): Date {
  return startOfLocalDay(addDays(localDateOf(now, timeZone), 1), timeZone)
}

/** Asks an account's mailbox; `closed` for one that only its owner can open again. */
type Ask = <T>(account: Account, question: (ask: AskGmail) => Promise<T>) => Promise<T | 'closed'>

/** Mailboxes, opened once each. */
function mailboxes({ openMailbox }: Warmup, found: CaughtUp, signal: AbortSignal): Ask {
  const opened = new Map<number, Promise<AskGmail>>()
  const closed = new Set<number>()
  return async (account, question) => {
    if (closed.has(account.id)) return 'closed'
    try {
      const opening = opened.get(account.id) ?? openMailbox(account.id, { signal })
      opened.set(account.id, opening)
      return await question(await opening)
    } catch (error) {
      if (!(error instanceof NeedsReauthError)) throw error
      if (!closed.has(account.id)) found.closed.push(account.email)
      closed.add(account.id)
      return 'closed'
    }
  }
}

async function settleUnsent(
  { store, clock }: Warmup,
  sender: Account,
  askOf: Ask,
  found: CaughtUp,
): Promise<void> {
  for (const message of await store.restore.unsentOf(sender.id)) {
    const recipient = await store.accounts.byId(message.recipientId)
    if (!recipient) continue
    const copy = await askOf(sender, (ask) => findSent(ask, message, recipient))
    if (copy === null) continue
    if (copy === 'unsure' || copy === 'closed') {
      const reason = copy === 'unsure' ? UNSURE : CLOSED
      await store.transaction(async (tx) => {
        if (!(await tx.messages.end(message.id, 'unknown', reason))) return
        await tx.restore.dropTasks([message.id])
        const now = clock.now()
        const doubtful = await tx.restore.markDoubtful(message.id, now)
        if (doubtful) await planLook(tx, doubtful, now)
        const about = { accountId: sender.id, messageId: message.id, data: { reason } }
        await tx.events.add({ kind: 'send_unknown', at: now, ...about })
      })
      found.unknown += 1
    } else {
      await store.transaction(async (tx) => {
        if (!(await tx.restore.markFound(message.id, copy))) return
        await tx.restore.dropTasks([message.id])
        await follow(tx, { message, sender, recipient, at: copy.sentAt }, clock.now())
      })
      found.sent += 1
    }
  }
}

const BATCH = 100

/** An answer may have been answered in turn: what was found, which has a higher id, is looked at as well. */
async function* unread(store: Store): AsyncGenerator<Message> {
  let batch = await store.restore.unread(0, BATCH)
  for (let last = batch.at(-1); last; last = batch.at(-1)) {
    yield* batch
    batch = await store.restore.unread(last.id, BATCH)
  }
}

async function findAnswers(
  warmup: Warmup,
  accounts: ReadonlyMap<number, Account>,
  askOf: Ask,
  found: CaughtUp,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock } = warmup
  for await (const message of unread(store)) {
    signal.throwIfAborted()
    const recipient = accounts.get(message.recipientId)
    const sender = accounts.get(message.senderId)
    if (!recipient || !sender) continue
    const answer = await askOf(recipient, (ask) => findAnswer(ask, message))
    if (answer === 'closed') {
      const about = { accountId: recipient.id, messageId: message.id, data: { reason: UNREADABLE } }
      await store.transaction(async (tx) => {
        await tx.restore.dropTasks([message.id])
        await tx.events.add({ kind: 'task_failed', at: clock.now(), ...about })
      })
    } else if (answer && (await keepAnswer(warmup, message, { sender, recipient, answer })))
      found.replies += 1
  }
}

function keepAnswer(
  { store, clock }: Warmup,
  answered: Message,
  { sender, recipient, answer }: { sender: Account; recipient: Account; answer: SentMail },
): Promise<boolean> {
  return store.transaction(async (tx) => {
    const subject = replySubject(answered.subject)
    const id = await tx.restore.addReply(answered, { subject, found: answer })
    const message = id === null ? null : await tx.messages.byId(id)
    if (!message) return false
    await follow(tx, { message, sender: recipient, recipient: sender, at: answer.sentAt }, clock.now())
    return true
  })
}

/** What follows from a mail that was sent. */
async function follow(
  tx: Store,
  { message, sender, recipient, at }: { message: Message; sender: Account; recipient: Account; at: Date },
  now: Date,
): Promise<void> {
  const isReply = message.inReplyTo !== null
  // Nor is it read today: it would be answered.
  const from = nextDay(now, recipient.timeZone)
  const dueAt = readingTime(from, readingSchedule(recipient), chanceOf(message, 'reading'))
  await tx.tasks.add([{ kind: 'open', accountId: recipient.id, messageId: message.id, dueAt }])
  await tx.counts.add(new Map([[sender.id, { sent: 1, ...(isReply ? { answered: 1 } : {}) }]]))
  const day = localDateOf(at, sender.timeZone)
  await tx.accountDays.add(sender.id, day, { sent: 1, replies: isReply ? 1 : 0 })
  await tx.events.add({ kind: 'sent', at, accountId: sender.id, messageId: message.id })
}
