import session from 'express-session'
import { expect, test } from 'vitest'
import { openSite, type Site } from './site.ts'
import { type Page, textOf, type Visitor } from './visitor.ts'

const DAY_MS = 24 * 60 * 60_000
const FORM: [string, string][] = [
  ['name', 'the agent'],
  ['scopes', 'tokens:read'],
  ['scopes', 'accounts:read'],
  ['lifetime', '90'],
]
const formWith = (name: string, values: string[]): [string, string][] => [
  ...FORM.filter(([field]) => field !== name),
  ...values.map((value): [string, string] => [name, value]),
]

const make = (operator: Visitor, fields = FORM) => operator.submit('/api-keys', '/api-keys', fields)
const keyOn = ({ html }: Page) => html.match(/id="key" value="([^"]+)"/)?.[1] ?? ''
const keysOf = ({ world }: Site) => world.runtime.warmup.store.apiKeys

test('a key is shown once, by the page that answers, and opens the API with what was ticked', async () => {
  const now = new Date('2026-11-20T10:00:00Z')
  await using site = await openSite({ wallNow: () => now })
  const operator = await site.operator()
  const page = await make(operator)
  const key = keyOn(page)
  expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(textOf(page)).toContain(`curl -H "Authorization: Bearer ${key}" ${site.url}/api/v1/me`)
  expect(await keysOf(site).use(key, now)).toMatchObject({
    name: 'the agent',
    scopes: ['accounts:read', 'tokens:read'],
    createdAt: now,
    expiresAt: new Date(now.getTime() + 90 * DAY_MS),
  })
  const list = await operator.get('/api-keys')
  expect(textOf(list)).toMatch(
    /the agent Active .*accounts:read tokens:read .*Made just now Expires Thu, 18 Feb 2027, 10:00 UTC/,
  )
  expect(list.html).not.toContain(key)
})

test('neither the session nor the log keeps a key', async () => {
  const sessionStore = new session.MemoryStore()
  const logged: unknown[] = []
  const write = (...line: unknown[]) => void logged.push(line)
  await using site = await openSite({
    sessionStore,
    log: { debug: write, info: write, warn: write, error: write },
  })
  const operator = await site.operator()
  const key = keyOn(await make(operator))
  await operator.get('/api-keys')
  const sessions = await new Promise((resolve) => sessionStore.all((_error, all) => resolve(all)))
  expect(JSON.stringify([sessions, logged])).toContain('operator signed in')
  expect(JSON.stringify([sessions, logged])).toContain('isOperator')
  expect(JSON.stringify([sessions, logged])).not.toContain(key)
})

test('loading that page again says that the key exists, and makes no second one', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  await make(operator)
  const again = await make(operator)
  expect(again.status).toBe(422)
  expect(textOf(again)).toContain('There is a key of this name.')
  expect(keyOn(again)).toBe('')
  expect(await keysOf(site).all()).toHaveLength(1)
})

test.each([
  ['30', 30],
  ['365', 365],
  ['never', null],
])('a key for %s lives that long', async (lifetime, days) => {
  const now = new Date('2026-11-20T10:00:00Z')
  await using site = await openSite({ wallNow: () => now })
  await make(await site.operator(), formWith('lifetime', [lifetime]))
  const [key] = await keysOf(site).all()
  expect(key?.expiresAt).toEqual(days === null ? null : new Date(now.getTime() + days * DAY_MS))
})

test.each([
  ['name', [''], 'Enter a name of 1 to 60 characters.'],
  ['name', [' '], 'Enter a name of 1 to 60 characters.'],
  ['name', ['x'.repeat(61)], 'Enter a name of 1 to 60 characters.'],
  ['name', ['a\u0000b'], 'Enter a name of 1 to 60 characters.'],
  ['scopes', [], 'Choose at least one permission.'],
  ['scopes', ['tokens:read', 'everything'], 'Choose from the permissions below.'],
  ['lifetime', ['36500'], 'Choose 30 days, 90 days, 1 year or never.'],
  ['lifetime', ['toString'], 'Choose 30 days, 90 days, 1 year or never.'],
])('%s = %j is refused beside its field, and the rest is still there', async (name, values, message) => {
  await using site = await openSite()
  const page = await make(await site.operator(), formWith(name, values))
  expect(page.status).toBe(422)
  const ids: Record<string, string> = { name: 'key-name', scopes: 'key-scopes', lifetime: 'key-lifetime' }
  expect(page.html).toContain(`id="${ids[name]}-error">${message}<`)
  expect(page.html.match(/aria-invalid="true"/g)).toHaveLength(1)
  expect(page.html).toMatch(new RegExp(`aria-describedby="${ids[name]}-error[^>]*aria-invalid="true"`))
  if (name !== 'name') expect(page.html).toContain('value="the agent"')
  if (name !== 'scopes') expect(page.html).toContain('value="tokens:read" checked')
  if (name !== 'lifetime') expect(page.html).toContain('value="90" selected')
  expect(await keysOf(site).all()).toEqual([])
})

test('a hundred keys are in use at most; one that was revoked or has ended makes room', async () => {
  let now = new Date('2026-11-20T10:00:00Z')
  await using site = await openSite({ wallNow: () => now })
  const operator = await site.operator()
  const keys = keysOf(site)
  const tomorrow = new Date(now.getTime() + DAY_MS)
  for (let i = 0; i < 100; i += 1)
    await keys.issue({ name: `key ${i}`, scopes: [], expiresAt: i === 0 ? tomorrow : null, now })
  const refused = await make(operator)
  expect([refused.status, textOf(refused)]).toEqual([
    422,
    expect.stringContaining('There are 100 keys in use'),
  ])
  now = tomorrow
  expect((await make(operator)).status).toBe(200)
  expect((await make(operator, formWith('name', ['one more']))).status).toBe(422)
  await keys.revoke(2, now)
  expect((await make(operator, formWith('name', ['one more']))).status).toBe(200)
})

test('a name of 60 characters is taken, and shown as text', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const name = `<script>${'ü'.repeat(52)}`
  const page = await make(operator, formWith('name', [name]))
  expect([page.status, (await keysOf(site).all())[0]?.name]).toEqual([200, name])
  for (const { html } of [page, await operator.get('/api-keys'), await operator.get('/api-keys/1/revoke')]) {
    expect(html).toContain('&lt;script&gt;ü')
    expect(html).not.toContain('<script>ü')
  }
})

test('a key is revoked after a question, and is refused from then on', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const key = keyOn(await make(operator))
  expect(await keysOf(site).use(key, new Date())).not.toBeNull()
  expect(textOf(await operator.get('/api-keys'))).toContain('Last used just now')
  expect(textOf(await operator.get('/api-keys/1/revoke'))).toContain('Revoke this key? the agent')
  expect(await keysOf(site).use(key, new Date())).not.toBeNull()

  const revoked = await operator.submit('/api-keys/1/revoke', '/api-keys/1/revoke')
  expect([revoked.status, revoked.location]).toEqual([303, '/api-keys'])
  const list = await operator.get('/api-keys')
  expect(textOf(list)).toContain('the agent is revoked.')
  expect(textOf(list)).toMatch(/the agent Revoked .*Revoked just now/)
  expect(list.html).not.toContain('/api-keys/1/revoke')
  expect(await keysOf(site).use(key, new Date())).toBeNull()
  expect((await operator.get('/api-keys/1/revoke')).location).toBe('/api-keys')
})

test('a key that has ended says so', async () => {
  let now = new Date('2026-11-20T10:00:00Z')
  await using site = await openSite({ wallNow: () => now })
  const operator = await site.operator()
  await make(operator, formWith('lifetime', ['30']))
  now = new Date(now.getTime() + 31 * DAY_MS)
  expect(textOf(await operator.get('/api-keys'))).toMatch(
    /the agent Expired .*Expired Sun, 20 Dec 2026, 10:00 UTC/,
  )
})

test('keys are for the operator alone, and by a form of ours', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  for (const path of ['/api-keys', '/api-keys/1/revoke']) {
    expect([path, (await visitor.get(path)).location]).toEqual([path, '/sign-in'])
    expect([path, (await visitor.post(path, FORM)).status]).toEqual([path, 401])
    expect([path, (await (await site.operator()).post(path, FORM)).status]).toEqual([path, 403])
  }
  expect(await keysOf(site).all()).toEqual([])
  expect((await (await site.operator()).get('/api-keys/1/revoke')).status).toBe(404)
})
