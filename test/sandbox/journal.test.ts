import fs from 'node:fs'
import { expect, test } from 'vitest'
import { connect, consent, exchange, refresh } from './consent.ts'
import { get, gmailOf, gmailWith, list, type Message, mail, send } from './gmail.ts'
import { temporary } from './temporary.ts'
import { ANNA, BEN, DAY, openWorld, type World } from './world.ts'

/** What a process that was killed right now would leave behind. */
function remains(journal: string, copy: string): string {
  fs.copyFileSync(journal, copy)
  return copy
}

const picture = ({ sandbox: { control } }: World) => ({
  mailboxes: control.mailboxes(),
  messages: control.mailboxes().map((address) => control.messages(address)),
  ledger: control.ledger(),
  options: control.options(),
})

test('everything survives a kill, and a second one after the compaction', async () => {
  using disk = temporary()
  await using before = await openWorld({ journal: disk.file('a') })
  before.sandbox.control.forcePlacement('inbox')
  const tokens = await connect(before, ANNA)
  const [anna, ben] = [gmailWith(before.sandbox.origin, tokens.access_token), await gmailOf(before, BEN)]
  const sent = await send(anna, { To: `${BEN}, ghost@x.test`, Subject: 'Grüße' })
  const [received] = await list(ben)
  await ben('POST labels', { name: 'Warm' })
  await ben(`POST messages/${received?.id}/modify`, { addLabelIds: ['SPAM', 'Label_1'] })
  const { body: draft } = await anna<{ id: string }>('POST drafts', { message: { raw: mail({ To: BEN }) } })
  const code = (await consent(before, ANNA)).searchParams.get('code') ?? ''
  const history = (await anna('GET history?startHistoryId=1000')).body

  let last = disk.file('a')
  for (const name of ['b', 'c']) {
    last = remains(last, disk.file(name))
    await using after = await openWorld({ journal: last })
    expect(picture(after)).toEqual(picture(before))
    const again = gmailWith(after.sandbox.origin, tokens.access_token)
    expect(await get(again, sent.id)).toEqual(await get(anna, sent.id))
    expect((await again('GET history?startHistoryId=1000')).body).toEqual(history)
  }

  await using after = await openWorld({ journal: last })
  const again = gmailWith(after.sandbox.origin, tokens.access_token)
  const { body: late } = await again<Message>('POST drafts/send', { id: draft.id })
  expect(late.id > sent.id).toBe(true)
  expect((await refresh(after, tokens.refresh_token)).status).toBe(200)
  expect((await exchange(after, code)).status).toBe(200)
  expect((await exchange(after, code)).status).toBe(400)
})

test('a torn last line is a change that never happened, as a whole', async () => {
  using disk = temporary()
  await using before = await openWorld({ journal: disk.file('a') })
  await using whole = await openWorld({ journal: remains(disk.file('a'), disk.file('b')) })
  await send(await gmailOf(before, ANNA), { To: BEN, Subject: 'x' })
  expect(before.sandbox.control.messages(BEN)).toHaveLength(1)
  const torn = remains(disk.file('a'), disk.file('c'))
  fs.truncateSync(torn, fs.statSync(torn).size - 20)
  await using after = await openWorld({ journal: torn })
  expect(after.sandbox.control.messages(ANNA)).toEqual(whole.sandbox.control.messages(ANNA))
  expect(after.sandbox.control.messages(BEN)).toEqual([])
  expect(after.sandbox.control.ledger().map(({ kind }) => kind)).toEqual(['exchanged'])
})

test('a damaged line is told by its place', async () => {
  using disk = temporary()
  fs.writeFileSync(disk.file('a'), '[]\nnonsense\n[]\n')
  await expect(openWorld({ journal: disk.file('a') })).rejects.toThrow(/damaged at .*a:2/)
})

test('a sender of an old journal keeps its reputation, and what it does from then on counts', async () => {
  using disk = temporary()
  const days = [{ day: Date.UTC(2026, 2, 2) / DAY, count: 3 }]
  const old = { address: ANNA, reputation: 0.7, deliveries: 3, days }
  const options = { quota: true, placement: { all: 'inbox', senders: {} } }
  const changes = [
    { kind: 'options', options },
    { kind: 'sender', sender: old },
  ]
  fs.writeFileSync(disk.file('a'), `${JSON.stringify(changes)}\n`)
  await using world = await openWorld({ journal: disk.file('a') })
  const { control } = world.sandbox
  expect(control.senders()).toMatchObject([{ reputation: 0.7, deliveries: 3, days }])
  await send(await gmailOf(world, ANNA), { To: BEN, Subject: 'x' })
  expect(control.senders()).toMatchObject([{ reputation: 0.7, deliveries: 4 }])
  world.pass(DAY)
  expect(control.senders()[0]?.reputation).toBeCloseTo(0.72)
})

test('what a day has counted so far survives a kill', async () => {
  using disk = temporary()
  await using before = await openWorld({ journal: disk.file('a') })
  await send(await gmailOf(before, ANNA), { To: BEN, Subject: 'x' })
  await using after = await openWorld({ journal: remains(disk.file('a'), disk.file('b')) })
  expect(after.sandbox.control.senders()).toEqual(before.sandbox.control.senders())
  after.pass(DAY)
  expect(after.sandbox.control.senders()[0]?.reputation).toBeCloseTo(0.62)
})

test('where mail is sent and which mailbox refuses it survive a kill, and end when they are taken back', async () => {
  using disk = temporary()
  await using before = await openWorld({ journal: disk.file('a') })
  before.sandbox.control.forcePlacement('spam', ANNA)
  before.sandbox.control.refuseMail(BEN, { status: '5.2.1', words: 'Inactive.' })
  // Twice, as the second one starts from what the first has compacted.
  await using once = await openWorld({ journal: remains(disk.file('a'), disk.file('b')) })
  await using after = await openWorld({ journal: remains(disk.file('b'), disk.file('c')) })
  const { control } = after.sandbox
  await send(await gmailOf(once, ANNA), { To: BEN, Subject: 'x' })
  expect(once.sandbox.control.messages(BEN)).toEqual([])
  const anna = await gmailOf(after, ANNA)
  await send(anna, { To: BEN, Subject: 'x' })
  expect(control.messages(BEN)).toEqual([])
  control.refuseMail(BEN, null)
  await send(anna, { To: BEN, Subject: 'x' })
  expect(control.messages(BEN)[0]?.labels).toContain('SPAM')
  control.forcePlacement(undefined, ANNA)
  control.forcePlacement('inbox')
  await send(anna, { To: BEN, Subject: 'x' })
  expect(control.messages(BEN)[0]?.labels).toContain('INBOX')
})
