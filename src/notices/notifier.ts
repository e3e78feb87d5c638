import { createNoticeMailer, type MailNotice, type MailSettings } from './mail.ts'
import { postWebhook } from './webhook.ts'

/** How notices leave. `mail` is null where no SMTP server is set. */
export type Notifier = { post: typeof postWebhook; mail: MailNotice | null }

export function createNotifier(mail: MailSettings | null): Notifier {
  return { post: postWebhook, mail: mail && createNoticeMailer(mail) }
}
