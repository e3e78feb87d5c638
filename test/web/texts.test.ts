import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSite } from './site.ts'
import { textOf } from './visitor.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-texts-'))
  writeFileSync(
    join(folder, 'tea.txt'),
    'Subject: {Tea|Cake} & <b>more</b>\n\nHi {{recipient}},\n\nTea {today|soon}?\n\n{{sender}}\n---\nYes, {{recipient}}.\n\n{{sender}}\n',
  )
  writeFileSync(join(folder, 'plain.txt'), 'Subject: Plain\n\nHi.\n---\nYes.\n')
  writeFileSync(join(folder, 'bad.txt'), 'Subject: Cash\n\nHi {{name}},\n---\nYes.\n')
})
afterAll(() => rmSync(folder, { recursive: true }))
const openOwn = () => openSite({}, { CONVERSATIONS_DIR: folder })

test('all texts are listed with their use; an own file with a problem is left out, with its line', async () => {
  await using site = await openOwn()
  await site.world.runtime.warmup.store.accounts.all()
  const page = await (await site.operator()).get('/texts')
  const words = textOf(page)
  expect(words).toContain(
    'Files that are left out bad.txt:1 "Cash" reads like spam bad.txt:3 unknown variable {{name}}',
  )
  expect(words).toContain('tea.txt Your own 2 0')
  expect(page.html.match(/<a href="\/texts\//g)?.length).toBe(site.world.runtime.warmup.texts.length)
  expect(words).toContain(folder)
})

test('a text is shown as two people would see it, in as many versions as one wants', async () => {
  await using site = await openOwn()
  const operator = await site.operator()
  const page = await operator.get('/texts/tea')
  expect(textOf(page)).toMatch(/(Tea|Cake) & &lt;b&gt;more/)
  expect(page.html).not.toContain('<b>more')
  expect(textOf(page)).toContain('Anna to Ben Hi Ben, Tea')
  expect(textOf(page)).toContain('Ben to Anna Yes, Anna. Ben')
  const versions = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (seed) =>
      textOf(await operator.get(`/texts/tea?seed=${seed}`)).replace(/version \d/, ''),
    ),
  )
  expect(new Set(versions).size).toBeGreaterThan(1)
  expect(textOf(await operator.get('/texts/tea?seed=%00'))).toContain('version 1')
})

test('“Another version” leads to one that reads differently, and after the last to the first ones', async () => {
  await using site = await openOwn()
  const operator = await site.operator()
  const mailsOf = (html: string) =>
    html.slice(html.indexOf('<article')).concat(html.match(/<h1>.*/)?.[0] ?? '')
  let path = '/texts/tea?seed=999998'
  for (let visit = 0; visit < 4; visit++) {
    const { html } = await operator.get(path)
    const next = html.match(/href="([^"]+)">Another version/)?.[1] ?? ''
    expect(mailsOf((await operator.get(next)).html)).not.toBe(mailsOf(html))
    path = next
    expect(Number(path.match(/seed=(\d+)/)?.[1] ?? 1)).toBeLessThanOrEqual(1_000_000)
  }
  expect(Number(path.match(/seed=(\d+)/)?.[1] ?? 1)).toBeLessThan(999_998)
  expect((await operator.get('/texts/plain')).html).not.toContain('Another version')
})

test('a version that is no whole number from 1 to a million is the first', async () => {
  await using site = await openOwn()
  const operator = await site.operator()
  const first = (await operator.get('/texts/tea')).html
  expect(first).toContain('version 1.')
  for (const seed of ['0', '-1', '1.5', '1000001', '9'.repeat(400), 'x', '', '2&seed=3'])
    expect((await operator.get(`/texts/tea?seed=${seed}`)).html).toBe(first)
  expect((await operator.get('/texts/tea?seed=1000000')).html).toContain('version 1000000.')
})

test('a text that is not there is not found', async () => {
  await using site = await openOwn()
  const operator = await site.operator()
  for (const path of ['/texts/nothing', '/texts/bad', '/texts/..%2F..%2Fetc']) {
    expect((await operator.get(path)).status).toBe(404)
  }
  expect((await site.visitor().get('/texts')).status).not.toBe(200)
})

test('a conversation is begun with an own text, and its use is counted', async () => {
  await using site = await openOwn()
  const { world } = site
  world.runtime.warmup.texts = world.runtime.warmup.texts.filter(({ key }) => key === 'tea')
  await world.connect('anna@sandbox.test', {
    startVolume: 3,
    displayName: 'Anna K.',
    signature: 'Anna K.\nNorthwind',
  })
  await world.connect('ben@sandbox.test', { kind: 'pool', replyRate: 0 })
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  const [mail] = world.sandbox.control.messages('ben@sandbox.test')
  expect(mail?.text).toMatch(/Hi Ben,\s+Tea (today|soon)\?\s+Anna\s+Anna K\.\s+Northwind/)
  expect(textOf(await (await site.operator()).get('/texts'))).toContain('tea.txt Your own 2 3')
})
