import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import { createNoticeMailer } from '../../src/notices/mail.ts'
import { openSmtpServer } from '../support/smtp.ts'

const FROM = 'kindling <k@ours.test>'

test('a mail goes to each address, under an id that its delivery gives it', async () => {
  await using server = await openSmtpServer()
  const mailer = createNoticeMailer({ smtpUrl: server.url, from: FROM, to: 'a@ops.test, b@ops.test' })
  await mailer.send({ id: 'delivery-1', subject: 'Größer', text: 'one\n.two\n' })
  const [mail] = server.mails
  expect(mail?.recipients).toEqual(['a@ops.test', 'b@ops.test'])
  const { messageId, subject, from, text } = await PostalMime.parse(mail?.raw ?? '')
  expect({ messageId, subject, from: from?.address, text: text?.trim() }).toEqual({
    messageId: '<delivery-1@ours.test>',
    subject: 'Größer',
    from: 'k@ours.test',
    text: 'one\n.two',
  })
})

test('a line break in a subject begins no header', async () => {
  await using server = await openSmtpServer()
  const mailer = createNoticeMailer({ smtpUrl: server.url, from: FROM, to: 'a@ops.test' })
  await mailer.send({ id: 'delivery-1', subject: 'one\r\nBcc: all@x.test\r\n\r\nbody', text: 'text' })
  expect(server.mails[0]?.recipients).toEqual(['a@ops.test'])
  const { headers } = await PostalMime.parse(server.mails[0]?.raw ?? '')
  expect(headers.map(({ key }) => key)).not.toContain('bcc')
})

test('what the mail server refuses says so, and what is not there', async () => {
  const server = await openSmtpServer()
  const mailer = createNoticeMailer({ smtpUrl: server.url, from: FROM, to: 'a@ops.test' })
  const send = () => mailer.send({ id: 'delivery-1', subject: 's', text: 't' })
  server.refuse(true)
  await expect(send()).rejects.toThrow(/the mail server did not take it: .*451/)
  await server[Symbol.asyncDispose]()
  await expect(send()).rejects.toThrow(/the mail server did not take it: .*ECONNREFUSED/)
})
