import { NoticeError } from './domain/errors.ts'
import type { HandedMail } from './domain/handed-mail.ts'
import type { Notifier } from './notices/notifier.ts'
import type { QueueBackend } from './queue/backend.ts'
import type { MailTakers } from './warmup/inbox/hand-on-mail.ts'

/** How mail is handed on, each way by what is there already: the notices' webhooks and mail, and the queue's store. */
export function mailTakers(notifier: Notifier, backend: Pick<QueueBackend, 'handOver'>): MailTakers {
  return {
    async webhook({ webhook }, mail, signal) {
      if (!webhook) throw new NoticeError('the route has no webhook')
      await notifier.post(webhook, { id: mail.id, body: JSON.stringify(mail), signal })
    },
    queue: ({ destination }, mail) => backend.handOver(destination, mail.id, mail),
    async mail({ destination }, mail, signal) {
      if (!notifier.mail) throw new NoticeError('no SMTP_URL is set')
      const { subject, from } = mail.message
      await notifier.mail.send({
        id: mail.id,
        to: destination,
        subject: `[${mail.account.email}] ${subject || '(no subject)'}`,
        text: textOf(mail, from),
        signal,
      })
    },
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
