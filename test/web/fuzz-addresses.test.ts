import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { startConnecting } from '../../src/warmup/connect-account.ts'
import { giveConsent } from '../support/consent.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { FUZZ_TIMEOUT_MS, fuzzing, ODD_TEXTS, oddText } from '../support/fuzz.ts'
import { askRaw } from './raw.ts'
import { routesOf } from './routes.ts'
import { openSite } from './site.ts'
import { csrfOf } from './visitor.ts'

/** What the pages read of their addresses. */
const READ: Record<string, readonly string[]> = {
  '/': ['q', 'kind', 'status', 'health', 'page'],
  '/accounts/1': ['edit'],
  '/forecast': ['after'],
  '/texts/lunch-place': ['seed'],
  '/sign-in': ['token'],
  '/connect': ['link'],
  '/oauth/google/callback': ['state', 'code', 'error'],
}
const NAMES = Object.values(READ).flat()
const ANNA = 'anna@sandbox.test'
const inAddress = oddText.map((text) => encodeURIComponent(text.toWellFormed()))
const query = fc
  .array(fc.tuple(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...NAMES) }, inAddress), inAddress), {
    maxLength: 4,
  })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'))

test('each value that has broken programs before is answered in each place that a page reads', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  await using site = await openSite()
  await site.world.connect(ANNA)
  const before = await fingerprint(site.world.runtime.db)
  const { cookie } = await site.operator()
  // The parts that renew themselves are read by the same code, and are shorter.
  const headers = { host: new URL(site.url).host, cookie, 'hx-request': 'true' }
  const places = Object.entries(READ).flatMap(([path, names]) => names.map((name) => `${path}?${name}=`))
  for (const text of ODD_TEXTS) {
    const value = encodeURIComponent(text.toWellFormed())
    const answers = await Promise.all(places.map((place) => askRaw(site.url, place + value, { headers })))
    for (const [i, { status }] of answers.entries())
      expect([places[i], text, status < 500]).toEqual([places[i], text, true])
  }
  expect(site.errors).toEqual([])
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
})

test('whatever stands in an address, a page answers it and nothing is changed', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  await using site = await openSite()
  await site.world.connect(ANNA)
  const { db } = site.world.runtime
  const { cookie } = await site.operator()
  const { host } = new URL(site.url)
  const routes = routesOf(site.app).filter(
    ({ method, path }) => method === 'GET' && !/^\/(v1|assets)/.test(path),
  )
  const address = fc
    .constantFrom(...routes)
    .chain(({ path }) =>
      fc
        .tuple(fc.oneof(fc.constant('1'), inAddress), query)
        .map(([value, search]) => `${path.replaceAll(/:\w+/g, value)}?${search}`),
    )
  const headers = fc.record({ host: fc.constant(host), cookie: fc.constantFrom(cookie, 'x=y') })
  const before = await fingerprint(db)
  await fc.assert(
    fc.asyncProperty(address, headers, fc.boolean(), async (path, sent, isPart) => {
      const answer = await askRaw(site.url, path, {
        headers: { ...sent, ...(isPart ? { 'hx-request': 'true' } : {}) },
      })
      expect(site.errors).toEqual([])
      // An address that is too long is the server’s to refuse, too many wrong links the limit’s.
      expect([200, 302, 400, 401, 404, 410, 429, 431]).toContain(answer.status)
      expect(await fingerprint(db)).toEqual(before)
    }),
    fuzzing(200),
  )
})

test('whatever Google’s callback brings with a state that is good, it connects the mailbox whole or not at all', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  await using site = await openSite()
  const { warmup, db } = site.world.runtime
  site.world.sandbox.control.createMailbox(ANNA)
  const { cookie } = await site.operator()
  const headers = { host: new URL(site.url).host, cookie }
  const before = await fingerprint(db)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('code', 'error', 'state', 'scope'),
      inAddress,
      query,
      async (name, odd, more) => {
        const consentUrl = await startConnecting(warmup, DEFAULT_SETTINGS, new Date())
        const { state = '' } = await giveConsent(consentUrl, ANNA)
        const { status } = await askRaw(
          site.url,
          `/oauth/google/callback?state=${state}&${name}=${odd}&${more}`,
          { headers },
        )
        expect(site.errors).toEqual([])
        expect([400, 403, 431, 502]).toContain(status)
        expect({ ...(await fingerprint(db)), oauth_states: '' }).toEqual({ ...before, oauth_states: '' })
      },
    ),
    fuzzing(60),
  )
})

test('whatever is sent to sign in or to follow a link, it signs nobody in and begins no visit', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  await using site = await openSite()
  const { db } = site.world.runtime
  const visitor = site.visitor()
  const token = csrfOf(await visitor.get('/sign-in'))
  const before = await fingerprint(db)
  const field = fc.tuple(fc.oneof(fc.constantFrom('password', 'link', '_csrf'), oddText), oddText)
  const form = fc.tuple(fc.constantFrom('/sign-in', '/connect'), fc.array(field, { maxLength: 4 }))
  await fc.assert(
    fc.asyncProperty(form, async ([path, fields]) => {
      const { status } = await visitor.post(path, [['_csrf', token], ...fields])
      expect(site.errors).toEqual([])
      expect([401, 403, 410, 413, 429]).toContain(status)
      expect((await visitor.get('/')).location).toBe('/sign-in')
      expect(await fingerprint(db)).toEqual(before)
    }),
    fuzzing(100),
  )
})
