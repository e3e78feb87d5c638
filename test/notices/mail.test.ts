import { setTimeout as delay } from 'node:timers/promises'
import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import { NoticeError } from '../../src/domain/errors.ts'
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

test('a mail that one of its recipients is refused for is not delivered, and says for whom', async () => {
  await using server = await openSmtpServer()
  const mailer = createNoticeMailer({ smtpUrl: server.url, from: FROM, to: 'a@ops.test, b@ops.test' })
  const send = () => mailer.send({ id: 'delivery-1', subject: 's', text: 't' })
  server.refuse('b@ops.test')
  await expect(send()).rejects.toThrow(
    new NoticeError('the mail server did not take it for b@ops.test; the next try goes to all again'),
  )
  server.refuse(false)
  await send()
  expect(server.mails.map(({ recipients }) => recipients)).toEqual([
    ['a@ops.test'],
    ['a@ops.test', 'b@ops.test'],
  ])
  const ids = await Promise.all(server.mails.map(async ({ raw }) => (await PostalMime.parse(raw)).messageId))
  expect(new Set(ids)).toEqual(new Set(['<delivery-1@ours.test>']))
})

test('a server that drips its answers is left after the limit, or once the task is cut off', async () => {
  await using server = await openSmtpServer()
  server.drip()
  const settings = { smtpUrl: server.url, from: FROM, to: 'a@ops.test' }
  const mail = { id: 'delivery-1', subject: 's', text: 't' }
  await expect(createNoticeMailer(settings, 200).send(mail)).rejects.toThrow(
    new NoticeError('the mail server did not take it: it was not done within 0.2 s'),
  )
  while (server.connections() > 0) await delay(5)

  const task = new AbortController()
  const cut = expect(createNoticeMailer(settings).send({ ...mail, signal: task.signal })).rejects.toThrow(
    NoticeError,
  )
  while (server.connections() === 0) await delay(5)
  task.abort(new Error('the task was taken over'))
  await cut
  while (server.connections() > 0) await delay(5)
})
