import type { Account } from '../db/accounts.ts'
import type { Message } from '../db/messages.ts'
import type { Holder } from '../db/sends.ts'
import type { StartedTask } from '../db/started-task.ts'
import type { Store } from '../db/store.ts'
import type { DomainResolver } from '../dns/resolver.ts'
import type { Clock } from '../domain/clock.ts'
import type { Observer } from '../domain/observer.ts'
import type { Random } from '../domain/random.ts'
import type { Gmail } from '../google/gmail.ts'
import type { GoogleOAuth } from '../google/oauth.ts'
import type { Logger } from '../logger.ts'
import type { Notifier } from '../notices/notifier.ts'
import type { LoadedText } from '../texts/load-conversations.ts'
import type { TextProblem } from '../texts/read-folder.ts'
import type { AuthenticateAndUpdateToken } from './authenticate-and-update-token.ts'
import type { GoogleGate } from './google-gate.ts'
import type { MailTakers } from './inbox/hand-on-mail.ts'
import type { InboxSettings } from './inbox/settings.ts'
import type { AskGmail, OpenMailbox } from './mailboxes.ts'

/** What the use cases work with; only the runtime builds it. */
export type Warmup = {
  store: Store
  oauth: GoogleOAuth
  gmail: Gmail
  /** How the operator is told; what is told to whom stands in the store. */
  notifier: Notifier
  /** What sending domains publish. */
  resolver: DomainResolver
  mailsNotices: boolean
  /** Where the pages are, for links that leave the house. */
  baseUrl: string
  authenticateAndUpdateToken: AuthenticateAndUpdateToken
  openMailbox: OpenMailbox
  /** Whether Google may be asked now: it answers, and its quota is not used up. */
  google: GoogleGate
  texts: readonly LoadedText[]
  /** What is wrong with the operator's own texts that are left out. */
  textProblems: readonly TextProblem[]
  /** Where the operator's own texts are; it need not be there. */
  textsFolder: string
  inbox: InboxSettings
  /** Who takes the mail that is handed on; null outside of workers. */
  takers: MailTakers | null
  clock: Clock
  random: Random
  /** What plans are drawn from, besides the account and the day. */
  seed: string
  /** Who counts and traces what is done. */
  observe: Observer
  log: Logger
}

/** One run of an account's task: its rows, its mailbox, and a signal that says that the run has lost its lease. */
export type Run = StartedTask & { account: Account; owner: string; ask: AskGmail; signal: AbortSignal }
/** `partner` is the account at the other end of the message. */
export type MessageRun = Run & { message: Message; partner: Account }

/** The run as the holder of its task. */
export function holderOf({ task, owner }: Run): Holder {
  return { taskId: task.id, owner }
}
