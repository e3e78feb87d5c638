import MailComposer from 'nodemailer/lib/mail-composer/index.js'

export type Mail = {
  from: { name: string; address: string }
  to: { name: string; address: string }
  subject: string
  text: string
  /** With angle brackets, as RFC 5322 writes them. */
  messageId: string
  /** The messages it answers, oldest first, with angle brackets. */
  references: string[]
  date: Date
}

/** An RFC 5322 message as Gmail's API takes it: base64url. */
export async function encodeMail(mail: Mail): Promise<string> {
  const composer = new MailComposer({
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    messageId: mail.messageId,
    date: mail.date,
    ...(mail.references.length > 0 ? { inReplyTo: mail.references.at(-1), references: mail.references } : {}),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return (await composer.compile().build()).toString('base64url')
}
