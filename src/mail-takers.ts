import { NoticeError } from './domain/errors.ts'
import { HANDED_ON_BY, type HandedMail } from './domain/handed-mail.ts'
import type { Notifier } from './notices/notifier.ts'
import type { QueueBackend } from './queue/backend.ts'
import type { MailTakers } from './warmup/inbox/hand-on-mail.ts'

const QUEUE_LIMIT_MS = 10_000

/** How mail is handed on, each way by what is there already: the notices' webhooks and mail, and the queue's store. */
export function mailTakers(notifier: Notifier, backend: Pick<QueueBackend, 'handOver'>): MailTakers {
  return {
    async webhook({ webhook }, mail, signal) {
      if (!webhook) throw new NoticeError('its secret does not open with TOKEN_ENCRYPTION_KEYS')
      await notifier.post(webhook, { id: mail.id, body: JSON.stringify(mail), signal })
    },
    queue: ({ destination }, mail, signal) => taken(backend.handOver(destination, mail.id, mail), signal),
    async mail({ destination }, mail, signal) {
      if (!notifier.mail) throw new NoticeError('no SMTP_URL is set')
      const { subject, from } = mail.message
      await notifier.mail.send({
        id: mail.id,
        to: destination,
        subject: `[${mail.account.email}] ${subject || '(no subject)'}`,
        text: textOf(mail, from),
        headers: { [HANDED_ON_BY]: mail.id, 'Auto-Submitted': 'auto-generated' },
        signal,
      })
    },
  }
}

/** A store that is away answers when it is back, and a task's lease does not wait for that. The id makes no second job then. */
async function taken(answer: Promise<void>, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(QUEUE_LIMIT_MS)])
  const { promise: cut, reject } = Promise.withResolvers<never>()
  const tooLate = () => reject(new NoticeError(`the queue did not take it within ${QUEUE_LIMIT_MS / 1000} s`))
  limit.addEventListener('abort', tooLate, { once: true })
  try {
    await Promise.race([answer, cut])
  } finally {
    limit.removeEventListener('abort', tooLate)
  }
}

function textOf({ account, route, message }: HandedMail, from: string): string {
  return [
    `To ${account.email}, which ${message.rule ?? 'no rule'} says is: ${message.class}`,
    '',
    `From:     ${from}`,
    `To:       ${message.recipients.join(', ')}`,
    `Subject:  ${message.subject}`,
    `Received: ${message.receivedAt}`,
    '',
    message.snippet,
    '',
    `It is in the mailbox under https://mail.google.com/mail/u/${account.email}/#all/${message.gmailId}`,
    `Handed on by the route “${route}”. Its text stays in the mailbox.`,
  ].join('\n')
}
