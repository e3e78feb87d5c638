import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createResolver } from '../../src/dns/resolver.ts'
import { failsAuthentication } from '../../src/domain/sender-authentication.ts'
import { type DnsServer, type DnsZone, openDnsServer } from '../support/dns-server.ts'

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`
const healthy: DnsZone = {
  'example.com': ['v=spf1 include:_spf.google.com ~all', 'google-site-verification=1'],
  'google._domainkey.example.com': [key],
  '_dmarc.example.com': ['v=DMARC1; p=reject'],
  '_spf.google.com': ['v=spf1 include:_netblocks.google.com include:_netblocks2.google.com ~all'],
  '_netblocks.google.com': ['v=spf1 ip4:74.125.0.0/16 ~all'],
  '_netblocks2.google.com': ['v=spf1 ip6:2001:4860:4864::/56 ~all'],
}

let server: DnsServer
beforeAll(async () => {
  server = await openDnsServer({})
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.zone = { ...healthy }
  server.asked.length = 0
})
const lookUp = (domain: string, selectors = ['google'], timeoutMs = 10_000) =>
  createResolver({ servers: [server.address], timeoutMs }).lookUp(domain, selectors)

test('a domain that publishes all three passes, with what stands there', async () => {
  const { spf, dkim, dmarc } = await lookUp('example.com')
  const passed = { state: 'pass', problem: null, publish: null }
  expect(spf).toEqual({ ...passed, name: 'example.com', found: 'v=spf1 include:_spf.google.com ~all' })
  expect(dkim).toEqual({ ...passed, name: 'google._domainkey.example.com', found: key })
  expect(dmarc).toEqual({ ...passed, name: '_dmarc.example.com', found: 'v=DMARC1; p=reject' })
})

test('a key longer than one string and one datagram arrives whole, over TCP', async () => {
  const { publicKey: long } = generateKeyPairSync('rsa', { modulusLength: 4096 })
  const text = `v=DKIM1; p=${long.export({ type: 'spki', format: 'der' }).toString('base64')}`
  server.zone['google._domainkey.example.com'] = [text]
  expect((await lookUp('example.com')).dkim).toMatchObject({ state: 'pass', found: text })
  expect(server.asked).toContainEqual({ name: 'google._domainkey.example.com', over: 'tcp' })
})

test('a key behind an alias is found', async () => {
  server.zone['google._domainkey.example.com'] = { alias: 'key.provider.example' }
  server.zone['key.provider.example'] = [key]
  expect((await lookUp('example.com')).dkim).toMatchObject({ state: 'pass', found: key })
})

test('one key under several selectors is enough', async () => {
  expect((await lookUp('example.com', ['other', 'google'])).dkim.state).toBe('pass')
})

test.each<[what: string, zone: DnsZone]>([
  ['that does not exist', {}],
  [
    'without TXT records',
    { 'nothing.example': [], 'google._domainkey.nothing.example': [], '_dmarc.nothing.example': [] },
  ],
])('a domain %s fails, each with what to publish', async (_, zone) => {
  server.zone = zone
  const findings = await lookUp('nothing.example')
  expect(Object.values(findings).map(({ state, found }) => [state, found])).toEqual(
    Array(3).fill(['fail', null]),
  )
  expect(findings.spf.publish).toBe('v=spf1 include:_spf.google.com ~all')
  expect(findings.dkim.publish).toContain('Admin console')
  expect(findings.dmarc.publish).toBe('v=DMARC1; p=none')
  expect(failsAuthentication(findings)).toBe(true)
})

test.each([
  ['SERVFAIL', 'It could not be looked up: the DNS server failed (SERVFAIL).'],
  ['REFUSED', 'It could not be looked up: the DNS server refuses to answer.'],
  ['silence', 'It could not be looked up: the DNS server did not answer in time.'],
] as const)('%s is no reason to blame the domain', async (failure, problem) => {
  for (const name of ['example.com', 'google._domainkey.example.com', '_dmarc.example.com'])
    server.zone[name] = failure
  const findings = await lookUp('example.com', ['google'], 500)
  expect(Object.values(findings).map((finding) => [finding.state, finding.problem])).toEqual(
    Array(3).fill(['unknown', problem]),
  )
  expect(failsAuthentication(findings)).toBe(false)
})

test('a server that is not there is no reason to blame the domain either', async () => {
  const gone = await openDnsServer({})
  await gone[Symbol.asyncDispose]()
  const findings = await createResolver({ servers: [gone.address], timeoutMs: 500 }).lookUp('example.com', [])
  expect(Object.values(findings).map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown'])
})

test('a record that fails alone leaves the others as they are', async () => {
  server.zone['example.com'] = 'SERVFAIL'
  const { spf, dkim, dmarc } = await lookUp('example.com')
  expect([spf.state, dkim.state, dmarc.state]).toEqual(['unknown', 'pass', 'pass'])
})

test('a look-up ends in its time, however many names stay silent', async () => {
  const selectors = Array.from({ length: 40 }, (_, index) => `s${index}`)
  for (const selector of selectors) server.zone[`${selector}._domainkey.example.com`] = 'silence'
  const begun = performance.now()
  const { dkim, spf } = await lookUp('example.com', selectors, 400)
  expect(performance.now() - begun).toBeLessThan(2_000)
  expect(dkim.state).toBe('unknown')
  expect(spf.state).toBe('pass')
})

test('a look-up ends in its time, however many servers stay silent', async () => {
  await using silent = new AsyncDisposableStack()
  const servers: string[] = []
  for (let count = 0; count < 8; count++)
    servers.push(silent.use(await openDnsServer({ 'example.com': 'silence' })).address)
  const begun = performance.now()
  const { spf } = await createResolver({ servers, timeoutMs: 400 }).lookUp('example.com', [])
  expect(performance.now() - begun).toBeLessThan(1_200)
  expect(spf.state).toBe('unknown')
})

test('a domain with letters beyond ASCII is asked for as DNS has it', async () => {
  server.zone['xn--mnchen-3ya.example'] = ['v=spf1 include:_spf.google.com -all']
  server.zone['_dmarc.xn--mnchen-3ya.example'] = ['v=DMARC1; p=none']
  const { spf, dmarc } = await lookUp('München.example')
  expect([spf.state, dmarc.state]).toEqual(['pass', 'pass'])
  expect(dmarc.name).toBe('_dmarc.xn--mnchen-3ya.example')
})

test('what other domains’ records say is followed', async () => {
  server.zone['example.com'] = ['v=spf1 include:spf.provider.example ~all']
  server.zone['spf.provider.example'] = ['v=spf1 ip4:192.0.2.0/24 include:_spf.google.com -all']
  expect((await lookUp('example.com')).spf.state).toBe('pass')
  server.zone['spf.provider.example'] = 'SERVFAIL'
  expect((await lookUp('example.com')).spf).toMatchObject({
    state: 'unknown',
    problem: 'It could not be looked up: spf.provider.example: the DNS server failed (SERVFAIL).',
  })
})
