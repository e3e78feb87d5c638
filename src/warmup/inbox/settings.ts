import type { MailRule } from '../../domain/mail-class.ts'

/** How mailboxes are fetched, as far as it is not a setting of each. */
export type InboxSettings = {
  /** Of an account that is connected; null: its mail is not fetched until the operator wants it. */
  everyMinutes: number | null
  /** Heads that one round of one account reads at most; what is left follows at once. */
  mostMails: number
  /** What mails are, the first that holds. */
  rules: readonly MailRule[]
  /** The Pub/Sub topic that Google publishes changes to; null: new mail is only found by looking. */
  pushTopic: string | null
}
