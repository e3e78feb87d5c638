import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { asc, eq } from '../../src/db/drizzle.ts'
import { emailMessages } from '../../src/db/inbox-schema.ts'
import { tasks } from '../../src/db/schema.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { freshKey, type GoogleKeys, openGoogleKeys, pushClaims, signedToken } from '../support/google-keys.ts'
import { openSite, type Site } from '../web/site.ts'

const ANNA = 'anna@sandbox.test'
const AUDIENCE = 'https://warm.example/hooks/gmail'
const ROBOT = 'push@p.iam.gserviceaccount.com'
const HOUR = 3_600_000
const DAY = 24 * HOUR

const SETTINGS = {
  // Once a day: what is found sooner was told of.
  SYNC_EVERY_MINUTES: '1440',
  GMAIL_PUSH_TOPIC: 'projects/p/topics/gmail',
  GMAIL_PUSH_AUDIENCE: AUDIENCE,
  GMAIL_PUSH_SERVICE_ACCOUNT: ROBOT,
}

const isSync = eq(tasks.kind, 'sync')

/** The simulated Google notifies, unless others' keys are to be believed. */
async function openPushed(environment: Record<string, string> = {}): Promise<Site> {
  const site = await openSite({}, { ...SETTINGS, ...environment })
  const endpoint = `${site.url}/hooks/gmail`
  if (!environment.GOOGLE_CERTS_URI)
    site.world.sandbox.control.setPush({ endpoint, audience: AUDIENCE, serviceAccount: ROBOT })
  return site
}

/** Anna's mailbox, after the round in which Google was asked to notify. */
async function openWatched(site: Site) {
  await site.world.connect(ANNA, { kind: 'vault' })
  await later(site, DAY)
}

async function later({ world }: Site, ms: number) {
  await world.runUntil(new Date(world.clock.now().getTime() + ms))
  await world.sandbox.control.pushesSettled()
  await world.settle()
}

const deliver = ({ world }: Site, subject: string) =>
  world.sandbox.control.deliverForeign(ANNA, { from: 'Carl <carl@elsewhere.example>', subject, text: 'x' })

/** Lets all happen that happens without time passing. */
async function settle({ world }: Site) {
  await world.sandbox.control.pushesSettled()
  await world.settle()
}

async function subjects({ world }: Site) {
  const rows = await world.runtime.db.select().from(emailMessages).orderBy(asc(emailMessages.id))
  return rows.map(({ subject }) => subject)
}

const callsOf = ({ world }: Site, method: string) =>
  world.sandbox.control.callCounts()[`gmail.users.${method}`] ?? 0

/** Sends what Pub/Sub sends, or what somebody else makes of it. */
function push(
  { url }: Site,
  { token, body, headers = {} }: { token?: string; body: string | Buffer; headers?: Record<string, string> },
) {
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` }
  return fetch(`${url}/hooks/gmail`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
}

const bodyWith = (data: unknown) =>
  JSON.stringify({
    message: { data: Buffer.from(JSON.stringify(data)).toString('base64'), messageId: '1' },
    subscription: 'projects/p/subscriptions/gmail',
  })

const CHANGE = { emailAddress: ANNA, historyId: '1500' }
const tokenOf = ({ key }: GoogleKeys) => signedToken(key, pushClaims())

test('mail that comes in is kept at once, while time stands still', async () => {
  await using site = await openPushed()
  await openWatched(site)
  const stood = site.world.clock.now()
  deliver(site, 'One')
  await settle(site)
  expect(await subjects(site)).toEqual(['One'])
  deliver(site, 'Two')
  deliver(site, 'Three')
  await settle(site)
  expect(await subjects(site)).toEqual(['One', 'Two', 'Three'])
  expect(site.world.clock.now()).toEqual(stood)
  expect(site.world.sandbox.control.push().waiting).toBe(0)
  expect(site.errors).toEqual([])
})

test('a watch is renewed each day, so that it never ends', async () => {
  await using site = await openPushed({ SYNC_EVERY_MINUTES: '240' })
  await openWatched(site)
  await later(site, 15 * DAY)
  expect(callsOf(site, 'watch')).toBeGreaterThanOrEqual(15)
  expect(callsOf(site, 'watch')).toBeLessThanOrEqual(17)
  deliver(site, 'One')
  await settle(site)
  expect(await subjects(site)).toEqual(['One'])
})

test('a round a day is enough for a watch that lasts', async () => {
  await using site = await openPushed()
  await openWatched(site)
  for (const day of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
    await later(site, DAY)
    deliver(site, `Day ${day}`)
    await settle(site)
    expect(await subjects(site)).toHaveLength(day)
  }
})

test('where Google does not let us watch, new mail is found by looking, and Google is asked again in an hour', async () => {
  await using site = await openPushed({ SYNC_EVERY_MINUTES: '5' })
  const { control } = site.world.sandbox
  const message =
    'Error sending test message to Cloud PubSub projects/p/topics/gmail : User not authorized to perform this action.'
  control.addFault({ path: '/watch$', status: 403, reason: 'forbidden', message, count: 2 })
  const { id } = await site.world.connect(ANNA, { kind: 'vault' })
  await later(site, 10 * 60_000)
  deliver(site, 'One')
  await settle(site)
  expect(await subjects(site)).toEqual([])
  await later(site, 10 * 60_000)
  expect(await subjects(site)).toEqual(['One'])
  expect(await site.world.runtime.warmup.store.accounts.byId(id)).toMatchObject({
    status: 'active',
    lastError: null,
  })
  await later(site, 3 * HOUR)
  deliver(site, 'Two')
  await settle(site)
  expect(await subjects(site)).toEqual(['One', 'Two'])
})

test('a watch that ended while the account could not be opened begins anew once it can', async () => {
  await using site = await openPushed({ SYNC_EVERY_MINUTES: '60' })
  await openWatched(site)
  site.world.sandbox.control.revokeGrant(ANNA)
  await later(site, 8 * DAY)
  deliver(site, 'One')
  await settle(site)
  expect(await subjects(site)).toEqual([])
  await site.world.connect(ANNA, { kind: 'vault' })
  await later(site, 2 * HOUR)
  deliver(site, 'Two')
  await settle(site)
  expect(await subjects(site)).toEqual(['One', 'Two'])
})

test('while Google’s keys can’t be had, Pub/Sub is to come again', async () => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  await openWatched(site)
  google.answer(503, 'Service Unavailable')
  expect((await push(site, { token: tokenOf(google), body: bodyWith(CHANGE) })).status).toBe(503)
})

test('a notification that comes again brings nothing forward, keeps nothing twice and asks Google nothing', async () => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  await openWatched(site)
  deliver(site, 'One')
  const { historyId } = (await site.world.runtime.warmup.store.mailboxes.ofAccount(1)) ?? {}
  const replayed = { emailAddress: ANNA, historyId: String(Number(historyId) + 1) }
  const again = () => push(site, { token: tokenOf(google), body: bodyWith(replayed) })
  expect((await again()).status).toBe(204)
  await site.world.settle()
  expect(await subjects(site)).toEqual(['One'])
  const calls = site.world.sandbox.control.callCounts()
  const before = await fingerprint(site.world.runtime.db)
  for (let n = 0; n < 20; n += 1) expect((await again()).status).toBe(204)
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
  await site.world.settle()
  expect(site.world.sandbox.control.callCounts()).toEqual(calls)
})

test('a count that Gmail never reaches makes one round, not one after the other', async () => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  await openWatched(site)
  const before = callsOf(site, 'history.list')
  const body = bodyWith({ emailAddress: ANNA, historyId: '99999999999999999999' })
  expect((await push(site, { token: tokenOf(google), body })).status).toBe(204)
  await site.world.settle()
  expect(callsOf(site, 'history.list')).toBe(before + 1)
  deliver(site, 'One')
  await later(site, DAY)
  expect(await subjects(site)).toEqual(['One'])
})

test('an account that waits after a failure goes on waiting', async () => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  await openWatched(site)
  const { db, warmup } = site.world.runtime
  const dueAt = new Date(site.world.clock.now().getTime() + HOUR)
  await db.update(tasks).set({ errors: 2, dueAt }).where(isSync)
  expect(await warmup.store.mailboxes.notified(ANNA, '9999', site.world.clock.now())).toBe(1)
  expect((await db.select().from(tasks).where(isSync)).map((task) => task.dueAt)).toEqual([dueAt])
})

test('what concerns no account that is fetched is taken, and changes nothing', async () => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri, SYNC_EVERY_MINUTES: '0' })
  await site.world.connect(ANNA, { kind: 'vault' })
  const before = await fingerprint(site.world.runtime.db)
  for (const emailAddress of [ANNA, 'nobody@sandbox.test']) {
    const answer = await push(site, {
      token: tokenOf(google),
      body: bodyWith({ emailAddress, historyId: 1500 }),
    })
    expect([answer.status, await answer.text()]).toEqual([204, ''])
  }
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
})

test.each([
  ['as a text', '1500'],
  ['as a number', 1500],
])('an address in whatever case, and a count %s, bring the next round forward', async (_, historyId) => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  await openWatched(site)
  const body = bodyWith({ emailAddress: ANNA.toUpperCase(), historyId })
  expect((await push(site, { token: tokenOf(google), body })).status).toBe(204)
  expect(await site.world.runtime.warmup.store.tasks.nextDueAt(['sync'])).toEqual(site.world.clock.now())
})

const now = () => Math.floor(Date.now() / 1000)
const FORGED: [string, (google: GoogleKeys) => string | undefined][] = [
  ['without a token', () => undefined],
  ['of another key', () => signedToken(freshKey('first'), pushClaims())],
  ['for another audience', ({ key }) => signedToken(key, pushClaims({ aud: 'https://evil.example' }))],
  ['of another account', ({ key }) => signedToken(key, pushClaims({ email: 'evil@x.example' }))],
  [
    'of an address that is not verified',
    ({ key }) => signedToken(key, pushClaims({ email_verified: false })),
  ],
  ['that has expired', ({ key }) => signedToken(key, pushClaims({ iat: now() - 7200, exp: now() - 3600 }))],
  ['of the algorithm none', ({ key }) => signedToken(key, pushClaims(), { alg: 'none' })],
]
test.each(FORGED)('a notification %s is refused, says not why, and changes nothing', async (_, forge) => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  await site.world.connect(ANNA, { kind: 'vault' })
  const before = await fingerprint(site.world.runtime.db)
  const token = forge(google)
  const answer = await push(site, { ...(token ? { token } : {}), body: bodyWith(CHANGE) })
  expect([answer.status, answer.headers.get('www-authenticate'), answer.headers.get('set-cookie')]).toEqual([
    401,
    'Bearer',
    null,
  ])
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(await answer.json()).toEqual({
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    detail: 'Expected the token of this server’s push subscription, signed by Google.',
  })
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
})

test('tries are limited, and good notifications are taken all the same', async () => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  for (let tries = 0; tries < 30; tries += 1)
    expect((await push(site, { token: 'made.up.token', body: '{}' })).status).toBe(401)
  const limited = await push(site, { token: 'made.up.token', body: '{}' })
  expect([limited.status, ((await limited.json()) as { detail: string }).detail]).toEqual([
    429,
    'Wait 15 minutes before the next try.',
  ])
  expect((await push(site, { token: tokenOf(google), body: bodyWith(CHANGE) })).status).toBe(204)
})

const data = (text: string) => JSON.stringify({ message: { data: Buffer.from(text).toString('base64') } })
const HOSTILE: [string, string | Buffer, number, Record<string, string>?][] = [
  ['nothing', '', 400],
  ['no JSON', '{"message":', 400],
  ['a list', '[]', 400],
  ['null', 'null', 400],
  ['no message', '{}', 400],
  ['a message of another kind', '{"message":"x"}', 400],
  ['no data', '{"message":{}}', 400],
  ['data that is no text', '{"message":{"data":7}}', 400],
  ['data that is no base64', '{"message":{"data":"\\u0000???"}}', 400],
  ['data that is no JSON', data('nonsense'), 400],
  ['an address with a NUL', data('{"emailAddress":"a\\u0000@x.test","historyId":"1"}'), 400],
  ['half a character in the address', data('{"emailAddress":"\\ud800@x.test","historyId":"1"}'), 204],
  ['SQL in the address', bodyWith({ ...CHANGE, emailAddress: "a@x.test'or'1'='1" }), 204],
  ['no address', bodyWith({ historyId: '1' }), 400],
  ['an address too long', bodyWith({ ...CHANGE, emailAddress: `${'a'.repeat(400)}@x.test` }), 400],
  ['SQL in the count', bodyWith({ ...CHANGE, historyId: "1'; drop table tasks; --" }), 400],
  ['a negative count', bodyWith({ ...CHANGE, historyId: -1 }), 400],
  ['half a count', bodyWith({ ...CHANGE, historyId: 1.5 }), 400],
  ['an endless count', data(`{"emailAddress":"${ANNA}","historyId":1e999}`), 400],
  ['a count that is too long', bodyWith({ ...CHANGE, historyId: '9'.repeat(400) }), 400],
  ['an object for a count', bodyWith({ ...CHANGE, historyId: { $gt: 0 } }), 400],
  ['a prototype', data('{"__proto__":{"emailAddress":"a@x.test","historyId":"1"}}'), 400],
  ['depth', `{"message":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 400],
  ['more than 64 kB', JSON.stringify({ message: { data: 'a'.repeat(65_536) } }), 413],
  ['what unpacks to more', gzipSync('a'.repeat(10_000_000)), 413, { 'content-encoding': 'gzip' }],
  ['what does not unpack', 'nonsense', 400, { 'content-encoding': 'gzip' }],
  ['another character set', '{}', 400, { 'content-type': 'application/json; charset=klingon' }],
]
test('a body that is none is refused in words, whoever has signed for it', async () => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  await site.world.connect(ANNA, { kind: 'vault' })
  const before = await fingerprint(site.world.runtime.db)
  for (const [what, body, status, headers = {}] of HOSTILE) {
    const answer = await push(site, { token: tokenOf(google), body, headers })
    const text = await answer.text()
    expect([what, answer.status]).toEqual([what, status])
    if (status !== 204) expect([what, JSON.parse(text)]).toEqual([what, expect.objectContaining({ status })])
    expect(text).not.toMatch(/node_modules|\.ts:\d/)
  }
  expect(site.errors).toEqual([])
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
})

test('without a topic nothing is taken there', async () => {
  await using site = await openSite()
  const answer = await push(site, { token: 'x', body: bodyWith(CHANGE) })
  expect([answer.status, await answer.json()]).toEqual([
    404,
    expect.objectContaining({ detail: 'GMAIL_PUSH_TOPIC is not set: no notifications are taken here.' }),
  ])
})

test('an error of ours tells a reference, and what it was stands in the log alone', async () => {
  await using google = await openGoogleKeys()
  await using site = await openPushed({ GOOGLE_CERTS_URI: google.uri })
  await site.world.runtime.db.execute('alter table mailboxes rename to elsewhere')
  const answer = await push(site, { token: tokenOf(google), body: bodyWith(CHANGE) })
  const { detail } = (await answer.json()) as { detail: string }
  expect([answer.status, detail]).toEqual([
    500,
    expect.stringMatching(/^The log tells more, under the reference \w{8}\.$/),
  ])
  expect(JSON.stringify(site.errors)).not.toContain(tokenOf(google).split('.')[2])
  expect(site.errors).toHaveLength(1)
})
