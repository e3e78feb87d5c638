import { type Clock, wallClock } from '../domain/clock.ts'
import { createNoticeMailer, type MailSettings, type NoticeMailer } from './mail.ts'
import { newWebhookSecret, postWebhook, type WebhookTarget } from './webhook.ts'

/** How notices leave. */
export type Notifier = {
  /** @throws NoticeError */
  post(target: WebhookTarget, message: { id: string; body: string; signal?: AbortSignal }): Promise<void>
  newWebhookSecret(): string
  /** Null where no SMTP server is set. */
  mail: NoticeMailer | null
}

/** @param wall what signatures are dated by: receivers refuse old ones, and warmup time may be any */
export function createNotifier(mail: MailSettings | null, wall: Clock = wallClock): Notifier {
  return {
    post: (target, message) => postWebhook(target, { ...message, sentAt: wall.now() }),
    newWebhookSecret,
    mail: mail && createNoticeMailer(mail),
  }
}
