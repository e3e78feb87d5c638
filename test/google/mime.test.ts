import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { describe, expect, test } from 'vitest'
import { encodeMail, type Mail } from '../../src/google/mime.ts'
import { oddText } from '../support/fuzz.ts'

const mail: Mail = {
  from: { name: 'Zoë Müller', address: 'zoe@example.com' },
  to: { name: '李雷', address: 'lei@example.org' },
  subject: 'Re: Café on the Königsallee – tomorrow? ☕',
  text: 'Grüße aus Köln,\n\nbis morgen!\n\nZoë',
  messageId: '<second@example.com>',
  references: ['<zero@example.org>', '<first@example.com>'],
  date: new Date('2026-03-02T12:00:00Z'),
}
const read = async (changes: Partial<Mail> = {}) => {
  const raw = Buffer.from(await encodeMail({ ...mail, ...changes }), 'base64url')
  return { raw: raw.toString('latin1'), parsed: await PostalMime.parse(raw) }
}
const header = (parsed: Awaited<ReturnType<typeof read>>['parsed'], name: string) =>
  parsed.headers.filter(({ key }) => key === name).map(({ value }) => value)

describe('a mail as Gmail gets it', () => {
  test('carries names, subject and text in any script, in ASCII bytes', async () => {
    const { raw, parsed } = await read()
    expect(parsed).toMatchObject({ from: mail.from, to: [mail.to], subject: mail.subject })
    expect(parsed.text?.trim()).toBe(mail.text)
    expect(raw).toMatch(/^[\x20-\x7e\r\n\t]*$/)
  })

  test('names the mail it answers, and all before that', async () => {
    const { parsed } = await read()
    expect(parsed).toMatchObject({
      messageId: '<second@example.com>',
      inReplyTo: '<first@example.com>',
      references: '<zero@example.org> <first@example.com>',
    })
    const opening = await read({ references: [] })
    expect(opening.parsed.inReplyTo).toBeUndefined()
  })

  test('has one of each header, whatever stands in a name, a subject or a signature', async () => {
    const text = fc.oneof(
      fc.string(),
      oddText,
      fc.constantFrom('a\r\nBcc: x@y.z', 'b\nTo: x@y.z', '"<x@y.z>, "', 'c\r\n\r\nbody', '\r\n.\r\nd'),
    )
    await fc.assert(
      fc.asyncProperty(text, text, text, async (name, subject, signature) => {
        const { parsed } = await read({
          subject,
          text: `Hi\n\n${signature}`,
          from: { name, address: 'zoe@example.com' },
        })
        for (const key of ['from', 'to', 'subject', 'message-id', 'date'])
          expect(header(parsed, key).length, key).toBeLessThanOrEqual(1)
        expect(header(parsed, 'bcc')).toEqual([])
        expect(parsed.from?.address).toBe('zoe@example.com')
        expect(parsed.to?.map(({ address }) => address)).toEqual(['lei@example.org'])
      }),
    )
  })
})
