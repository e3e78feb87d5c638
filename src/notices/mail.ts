import { createTransport } from 'nodemailer'
import { NoticeError } from '../domain/errors.ts'

export type MailSettings = { smtpUrl: string; from: string; to: string }
/** @property to who it goes to, where that is not who notices go to */
export type NoticeMail = {
  id: string
  to?: string
  subject: string
  text: string
  headers?: Record<string, string>
  signal?: AbortSignal
}
export type NoticeMailer = {
  /** One address, or several with commas between them. */
  to: string
  /** @throws NoticeError */
  send(mail: NoticeMail): Promise<void>
}

const SILENCE_MS = 10_000
/** Of a whole delivery: a server that drips its answers is never silent. */
const LIMIT_MS = 30_000

/**
 * Sends notices by an SMTP server of the operator's, never by a connected account. A mail's Message-ID comes from its
 * delivery, so that mail programs show a repetition once. Where the server refuses some of the recipients, the
 * repetition goes to all of them again.
 */
export function createNoticeMailer(
  { smtpUrl, from, to }: MailSettings,
  limitMs: number = LIMIT_MS,
): NoticeMailer {
  // nodemailer's own limits are minutes long; a task's lease is not.
  const limits = { connectionTimeout: SILENCE_MS, greetingTimeout: SILENCE_MS, socketTimeout: SILENCE_MS }
  const transport = createTransport({ url: smtpUrl, ...limits }, { from })
  const domain = from.match(/@([^\s>]+)/)?.[1] ?? 'kindling.invalid'

  return {
    to,
    async send({ id, to: other, subject, text, headers = {}, signal }) {
      const limit = AbortSignal.timeout(limitMs)
      const cut = AbortSignal.any([limit, ...(signal ? [signal] : [])])
      const mail = { to: other ?? to, subject, text, headers, messageId: `<${id}@${domain}>`, signal: cut }
      const { rejected } = await transport.sendMail(mail).catch((error: Error) => {
        const why = limit.aborted ? `it was not done within ${limitMs / 1000} s` : error.message
        throw new NoticeError(`the mail server did not take it: ${why}`)
      })
      if (rejected.length > 0)
        throw new NoticeError(
          `the mail server did not take it for ${rejected.map(String).join(', ')}; the next try goes to all again`,
        )
    },
  }
}
