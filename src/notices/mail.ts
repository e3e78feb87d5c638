import { createTransport } from 'nodemailer'
import { NoticeError } from '../domain/errors.ts'

export type MailSettings = { smtpUrl: string; from: string; to: string }
export type NoticeMail = { id: string; subject: string; text: string }
export type NoticeMailer = {
  /** One address, or several with commas between them. */
  to: string
  /** @throws NoticeError */
  send(mail: NoticeMail): Promise<void>
}

const TIMEOUT_MS = 10_000

/**
 * Sends notices by an SMTP server of the operator's, never by a connected account. A mail's Message-ID comes from its
 * delivery, so that mail programs show a repetition once.
 */
export function createNoticeMailer({ smtpUrl, from, to }: MailSettings): NoticeMailer {
  // nodemailer's own limits are minutes long; a task's lease is not.
  const limits = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS }
  const transport = createTransport({ url: smtpUrl, ...limits }, { from })
  const domain = from.match(/@([^\s>]+)/)?.[1] ?? 'kindling.invalid'

  return {
    to,
    async send({ id, subject, text }) {
      try {
        await transport.sendMail({ to, subject, text, messageId: `<${id}@${domain}>` })
      } catch (error) {
        throw new NoticeError(`the mail server did not take it: ${(error as Error).message}`)
      }
    },
  }
}
