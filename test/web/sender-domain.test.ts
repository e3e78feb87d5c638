import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { type DnsServer, openDnsServer } from '../support/dns-server.ts'
import { openSite } from './site.ts'
import { textOf } from './visitor.ts'

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const GOOD = {
  'mailers.dev': ['v=spf1 include:_spf.google.com ~all'],
  '_spf.google.com': ['v=spf1 ip4:74.125.0.0/16 ~all'],
  'google._domainkey.mailers.dev': [`v=DKIM1; k=rsa; p=${key}`],
  '_dmarc.mailers.dev': ['v=DMARC1; p=none'],
}
const { '_dmarc.mailers.dev': _, ...WITHOUT_DMARC } = GOOD

let dns: DnsServer
beforeAll(async () => {
  dns = await openDnsServer({})
})
afterAll(() => dns[Symbol.asyncDispose]())
beforeEach(() => {
  dns.zone = { ...WITHOUT_DMARC }
})

async function openWithSender() {
  const site = await openSite({}, { DNS_SERVERS: dns.address })
  const { world } = site
  world.sandbox.control.forcePlacement('inbox')
  const anna = await world.connect('anna@mailers.dev', { startVolume: 2, dailyIncrease: 0 })
  await world.connect('ben@example.org', { kind: 'pool', replyRate: 0 })
  const sent = () => world.sandbox.control.ledger().filter(({ kind }) => kind === 'sent').length
  return { site, world, anna, sent }
}

test('what a domain publishes is looked up before its day is planned, and shown with what to publish', async () => {
  const { site, world, anna } = await openWithSender()
  await using _ = site
  const operator = await site.operator()
  await world.settle()
  const page = textOf(await operator.get(`/accounts/${anna.id}`))
  expect(page).toContain('SPF Passes')
  expect(page).toContain('DMARC Fails')
  expect(page).toContain('_dmarc.mailers.dev')
  expect(page).toContain('v=DMARC1; p=none')

  dns.zone = { ...GOOD }
  const looked = await operator.submit(`/accounts/${anna.id}`, `/accounts/${anna.id}/domain`, {})
  expect([looked.status, looked.location]).toEqual([303, `/accounts/${anna.id}`])
  const after = textOf(await operator.get(`/accounts/${anna.id}`))
  for (const record of ['SPF', 'DKIM', 'DMARC']) expect(after).toContain(`${record} Passes`)
})

test('mail waits for records that fail where the operator wishes so, and goes on once they pass', async () => {
  const { site, world, sent } = await openWithSender()
  await using _ = site
  await world.runtime.warmup.store.engine.update({ ...DEFAULT_ENGINE, needsAuthentication: true })
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  expect(sent()).toBe(0)
  const operator = await site.operator()
  expect(textOf(await operator.get('/'))).toContain('waits for the records of its domain')

  dns.zone = { ...GOOD }
  await world.runUntil(new Date('2026-03-03T22:00:00Z'))
  expect(sent()).toBe(2)
})

const NOBODY_ANSWERS = Object.fromEntries(Object.keys(GOOD).map((name) => [name, 'SERVFAIL' as const]))

test('mail does not wait for a look-up that failed, nor where the operator does not wish so', async () => {
  dns.zone = { ...WITHOUT_DMARC }
  const { site, world, sent } = await openWithSender()
  await using _ = site
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  expect(sent()).toBe(2)
  dns.zone = { ...GOOD }
  await world.runUntil(new Date('2026-03-03T22:00:00Z'))
  dns.zone = NOBODY_ANSWERS
  await world.runtime.warmup.store.engine.update({ ...DEFAULT_ENGINE, needsAuthentication: true })
  await world.runUntil(new Date('2026-03-04T22:00:00Z'))
  expect(sent()).toBe(6)
})

test('mail goes on waiting for a domain that failed while nobody can look', async () => {
  const { site, world, sent } = await openWithSender()
  await using _ = site
  await world.runtime.warmup.store.engine.update({ ...DEFAULT_ENGINE, needsAuthentication: true })
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  dns.zone = NOBODY_ANSWERS
  await world.runUntil(new Date('2026-03-03T22:00:00Z'))
  expect(sent()).toBe(0)
})

test('nothing is looked up for Google’s own domains and for names of examples', async () => {
  const { site, world } = await openWithSender()
  await using _ = site
  const carl = await world.connect('carl@gmail.com')
  dns.asked.length = 0
  await world.settle()
  expect(dns.asked.length).toBeGreaterThan(0)
  expect(dns.asked.filter(({ name }) => /gmail|example/.test(name))).toEqual([])
  const page = textOf(await (await site.operator()).get(`/accounts/${carl.id}`))
  expect(page).toContain('Nothing to look up')
})
