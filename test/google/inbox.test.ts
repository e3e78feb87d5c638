import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { createSealer } from '../../src/db/sealing.ts'
import { openGoogle } from '../support/google.ts'

const ANNA = 'anna@example.com'

test('what was added, and what a search finds, is read page by page, spam and trash included', async () => {
  await using google = await openGoogle()
  const { mailbox, sandbox } = google
  const start = await mailbox.position()
  const delivered = Array.from({ length: 1001 }, (_, n) => {
    const placement = n % 2 === 0 ? ('spam' as const) : ('inbox' as const)
    const mail = { from: 'carl@elsewhere.example', subject: String(n), text: 'Hi', placement }
    return sandbox.control.deliverForeign(ANNA, mail).id
  })
  const read = async (
    ask: (token: string | null) => Promise<{ ids: string[]; next: string | null } | null>,
  ) => {
    const pages: string[][] = []
    let token: string | null = null
    do {
      const page: { ids: string[]; next: string | null } | null = await ask(token)
      pages.push(page?.ids ?? [])
      token = page?.next ?? null
    } while (token !== null && pages.length < 5)
    return pages
  }
  const history = await read(async (token) => {
    const page = await mailbox.addedSince(start, token)
    return page && { ids: page.added.map(({ gmailId }) => gmailId), next: page.next }
  })
  expect(history.map((page) => page.length)).toEqual([500, 500, 1])
  expect(history.flat()).toEqual(delivered)
  const found = await read((token) => mailbox.search('from:carl', token))
  expect(found.map((page) => page.length)).toEqual([500, 500, 1])
  expect(found.flat().toReversed()).toEqual(delivered)
})

test('a text is cut where those of a whole round would be more than a statement takes', async () => {
  await using google = await openGoogle()
  const { mailbox, sandbox } = google
  const mail = { from: 'carl@elsewhere.example', subject: 'Long', text: '漢'.repeat(150_000) }
  const { id } = sandbox.control.deliverForeign(ANNA, mail)
  const body = (await mailbox.incoming(id, { headers: [], withBody: true }))?.body ?? ''
  expect(body).toHaveLength(100_000)
  const most = parseConfig({ SYNC_MAILS_PER_ROUND: '500' }).SYNC_MAILS_PER_ROUND
  expect(() => parseConfig({ SYNC_MAILS_PER_ROUND: '501' })).toThrow('SYNC_MAILS_PER_ROUND')
  const sealed = createSealer([randomBytes(32)]).seal(body, 'x')
  expect(most * sealed.length).toBeLessThan(256 * 1024 * 1024)
})
