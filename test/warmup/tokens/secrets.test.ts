import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { parseConfig, requireComplete } from '../../../src/config.ts'
import { eq, sql } from '../../../src/db/drizzle.ts'
import { messages } from '../../../src/db/schema.ts'
import { DEFAULT_SETTINGS } from '../../../src/domain/account.ts'
import { API_SCOPES } from '../../../src/domain/api-key.ts'
import { TASK_KINDS } from '../../../src/domain/task.ts'
import { createLogger } from '../../../src/logger.ts'
import { newWebhookSecret } from '../../../src/notices/webhook.ts'
import { createRuntime, type Runtime, startClock } from '../../../src/runtime.ts'
import { finishConnecting, startConnecting } from '../../../src/warmup/connect-account.ts'
import type { Warmup } from '../../../src/warmup/dependencies.ts'
import { removeAccount } from '../../../src/warmup/disconnect-account.ts'
import { storeCredentials } from '../../../src/warmup/store-credentials.ts'
import { giveConsent } from '../../support/consent.ts'
import { prepareInstance } from '../../support/instance.ts'
import { redisUrl } from '../../support/redis.ts'
import { onTokenRequests, storedToken } from '../../support/tokens.ts'
import { secretsIn, tapGoogle } from '../../support/wiretap.ts'
import { BACKENDS, openWorld, type World } from '../../support/world.ts'
import { openSite, type Site } from '../../web/site.ts'

const VAULT = {
  email: 'vault@example.net',
  clientId: 'other-client',
  clientSecret: 'the-other-client-secret',
}

/** So that every kind of task comes soon, and mails say something of the operator's own. */
const WHOLE_WARMUP = {
  startVolume: 40,
  openRate: 1,
  replyRate: 1,
  signature: 'The signature that nobody but Anna writes',
}

/** Two days in which everything happens to tokens that can; returns what must stand nowhere. */
async function liveThroughTwoDays(world: World): Promise<Set<string>> {
  using tap = tapGoogle()
  const { control } = world.sandbox
  const { warmup } = world.runtime
  control.setOptions({ rotateRefreshTokens: true })
  await world.connect('anna@example.com')
  await world.connect('ben@example.org', { kind: 'pool' })
  await world.connect('cleo@example.org', { kind: 'pool' })
  control.addClient(VAULT.clientId, VAULT.clientSecret)
  const { refreshToken } = control.grant(VAULT.email, {
    scopes: ['openid', 'email', 'https://mail.google.com/'],
    clientId: VAULT.clientId,
  })
  const stored = await storeCredentials(warmup, VAULT.email, { ...VAULT, refreshToken })
  expect(stored).toHaveProperty('account')
  const apiKey = await warmup.store.apiKeys.issue({
    name: 'k',
    scopes: API_SCOPES,
    expiresAt: null,
    now: new Date(),
  })
  const webhookSecret = newWebhookSecret()
  await warmup.store.transaction((tx) =>
    tx.webhooks.add({ url: 'http://127.0.0.1:1/hook', secret: webhookSecret }, warmup.clock.now()),
  )

  await world.runUntil(new Date('2026-03-02T12:00:00Z'))
  for (const fault of [{ status: 500 }, { drop: 'before' as const }, { status: 200, body: '<html>' }])
    onTokenRequests(world, { ...fault, count: 1 })
  control.addFault({ path: '/drafts', status: 401, reason: 'authError', count: 2 })
  await world.runUntil(new Date('2026-03-02T15:00:00Z'))
  control.clearFaults()
  control.revokeGrant('cleo@example.org')
  control.disableClient(VAULT.clientId)
  await world.runUntil(new Date('2026-03-03T18:00:00Z'))
  expect(tap.secrets.size).toBeGreaterThan(20)
  for (const secret of [apiKey, webhookSecret, world.config.GOOGLE_CLIENT_SECRET, VAULT.clientSecret])
    if (secret) tap.secrets.add(secret)
  return tap.secrets
}

describe('no token, client secret, code, API key or webhook secret stands in clear', () => {
  test('in the database, on any page, or in any answer of the API but the one that hands out a token', async () => {
    await using site = await openSite()
    const { world } = site
    const secrets = await liveThroughTwoDays(world)
    const tables = await dump(world)
    expect(tables.size).toBeGreaterThan(12)
    const answers = new Map([...(await crawl(site)), ...(await askApi(site))])
    expect(answers.size).toBeGreaterThan(15)
    for (const [place, text] of [...tables, ...answers])
      expect({ place, found: secretsIn(text, secrets) }).toEqual({ place, found: [] })

    const mails = world.sandbox.control.messages('anna@example.com')
    const lines = [...new Set(mails.map(({ text }) => longestLineOf(text)))]
    expect(lines.length).toBeGreaterThan(1)
    for (const [place, text] of tables)
      expect({ place, found: lines.filter((line) => text.includes(line)) }).toEqual({ place, found: [] })
  })

  test.runIf(BACKENDS.includes('redis'))('in Redis, where it is the queue’s store', async () => {
    await using world = await openWorld({ backend: 'redis' })
    const secrets = await liveThroughTwoDays(world)
    const kept = await dumpRedis()
    expect(kept).toContain('kindling-send')
    expect(secretsIn(kept, secrets)).toEqual([])
  })

  test('in what a process logs of a whole warmup at its finest level, nor does a line of any mail', async () => {
    await using instance = await prepareInstance({ LOG_LEVEL: 'trace', WARMUP_SPEED: '5000' })
    const running = await instance.start()
    const settings = running.settings()
    const config = requireComplete(parseConfig(settings))
    const { clock, stop } = await startClock(config)
    const runtime = createRuntime(config, clock, createLogger('silent'))
    using tap = tapGoogle()
    for (const [email, kind] of [
      ['anna@example.com', 'warmup'],
      ['ben@example.org', 'pool'],
      ['cleo@example.org', 'pool'],
    ] as const) {
      const url = await startConnecting(
        runtime.warmup,
        { ...DEFAULT_SETTINGS, ...WHOLE_WARMUP, kind },
        new Date(),
      )
      expect(
        await finishConnecting(runtime.warmup, await giveConsent(url, email), new Date()),
      ).toHaveProperty('account')
    }
    await addWebhook(runtime.warmup)
    const signedIn = await fetch(running.signInLink, { redirect: 'manual' })
    const cookie = signedIn.headers.getSetCookie().join('; ')
    for (const path of ['/', '/accounts/1', '/api-keys'])
      await fetch(new URL(path, instance.url), { headers: { cookie } })
    for (const fault of [{ status: 500 }, { status: 429 }, { drop: 'after' }])
      await control(settings, 'faults', { path: '/token$', method: 'POST', ...fault })
    await control(settings, 'faults', { path: '/drafts', status: 401, count: 2 })
    const statuses = async () => (await runtime.warmup.store.accounts.all()).map(({ status }) => status)
    const versions = async () =>
      (await runtime.warmup.store.accounts.all()).map(({ tokenVersion }) => tokenVersion)
    while (Math.max(...(await versions())) < 4) await delay(50)
    await control(settings, 'grants/revoke', { mailbox: 'cleo@example.org' })
    while (!(await statuses()).includes('needs_reauth')) await delay(50)
    const gone = (await runtime.warmup.store.accounts.all()).find(({ status }) => status === 'needs_reauth')
    await removeAccount(runtime.warmup, gone?.id ?? 0)
    await control(settings, 'placement', { placement: 'inbox' })
    await lookForASentMail(runtime)
    await runtime.db.execute(sql`update tasks set due_at = ${clock.now().toISOString()} where kind = 'tidy'`)
    while (TASK_KINDS.some((kind) => !running.output().includes(`"kind":"${kind}"`))) await delay(50)
    const mails = await mailsOf(settings, 'anna@example.com')
    const stored = await Promise.all(
      (await runtime.warmup.store.accounts.all()).map(({ id }) => runtime.warmup.store.tokens.of(id)),
    )
    for (const token of stored)
      if (token) tap.secrets.add(token.token.access_token).add(token.token.refresh_token)
    await runtime.close()
    await stop()
    const { output } = await running.kill('SIGTERM')
    for (const line of ['token refreshed', 'account needs re-authentication', 'task ended'])
      expect(output).toContain(line)
    expect(secretsIn(output, [...tap.secrets, config.GOOGLE_CLIENT_SECRET])).toEqual([])
    const lines = [...new Set(mails.map(longestLineOf)), WHOLE_WARMUP.signature]
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.filter((line) => output.includes(line))).toEqual([])
    for (const line of output.matchAll(/^\{.*"msg":"task ended"\}$/gm)) {
      const told = JSON.parse(line[0]) as Record<string, unknown>
      expect(told).toMatchObject({
        taskId: expect.any(Number),
        ms: expect.any(Number),
        lateMs: expect.any(Number),
      })
      if (told.ended !== 'done') expect(told).toMatchObject({ reason: expect.any(String) })
    }
  })
})

test('what is looked for would be found, plain or encoded', async () => {
  await using world = await openWorld()
  const anna = await world.connect('anna@example.com')
  const { access_token, refresh_token } = await storedToken(world, anna.id)
  const told = [
    access_token,
    refresh_token,
    JSON.stringify({ a: JSON.stringify({ refresh_token }) }),
    encodeURIComponent(refresh_token),
    Buffer.from(`x${access_token}yz`).toString('base64'),
    Buffer.from(`{"token":"${refresh_token}"}`).toString('base64url'),
  ]
  for (const text of told) expect(secretsIn(`… ${text} …`, [access_token, refresh_token])).not.toEqual([])
  await world.runtime.warmup.store.accounts.setLastError(anna.id, `refused: ${access_token}`)
  expect(secretsIn([...(await dump(world)).values()].join('\n'), [])).not.toEqual([])
})

/** Every table, BullMQ's too, as text. */
async function dump({ runtime: { db } }: World): Promise<Map<string, string>> {
  const tables = await db.execute<{ name: string }>(
    sql`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  const texts = new Map<string, string>()
  for (const { name } of tables) {
    const [row] = await db.execute<{ text: string }>(
      sql`select coalesce(json_agg(t)::text, '') as text from ${sql.raw(name)} t`,
    )
    texts.set(name, row?.text ?? '')
  }
  return texts
}

/** Every key and value, whatever its type. */
async function dumpRedis(): Promise<string> {
  const redis = new Redis(redisUrl() as string)
  const lines: string[] = []
  for (const key of await redis.keys('*')) {
    const read: Record<string, () => Promise<unknown>> = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, '0', '-1'),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1'),
      stream: () => redis.xrange(key, '-', '+'),
    }
    lines.push(`${key} ${JSON.stringify(await read[await redis.type(key)]?.())}`)
  }
  redis.disconnect()
  return lines.join('\n')
}

/** Every page that a signed-in operator can come to by following links, by its path. */
async function crawl(site: Site): Promise<Map<string, string>> {
  const operator = await site.operator()
  const pages = new Map<string, string>()
  const waiting = ['/', '/docs', '/api/v1/openapi.json', '/sign-in', '/healthz', '/readyz']
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path) || pages.size > 200) continue
    const { html, headers } = await operator.get(path)
    pages.set(path, JSON.stringify([...headers]) + html)
    for (const [, link = ''] of html.matchAll(/(?:href|hx-get)="(\/[^"#]*)/g))
      waiting.push(link.replaceAll('&amp;', '&'))
  }
  return pages
}

/** Every answer to a GET of the API but the token's own. */
async function askApi(site: Site): Promise<Map<string, string>> {
  const { store } = site.world.runtime.warmup
  const key = await store.apiKeys.issue({ name: 'api', scopes: API_SCOPES, expiresAt: null, now: new Date() })
  const headers = { authorization: `Bearer ${key}` }
  const answers = new Map<string, string>()
  const get = async (path: string) => {
    const answer = await fetch(`${site.url}/api/v1${path}`, { headers })
    answers.set(`/api/v1${path}`, await answer.text())
    return answer.status
  }
  expect([await get('/me'), await get('/accounts')]).toEqual([200, 200])
  for (const { id } of await store.accounts.all()) expect(await get(`/accounts/${id}`)).toBe(200)
  return answers
}

const longestLineOf = (text: string) => text.split(/\r?\n/).toSorted((a, b) => b.length - a.length)[0] ?? ''

async function addWebhook({ store, clock }: Warmup): Promise<void> {
  const hook = { url: 'http://127.0.0.1:1/hook', secret: newWebhookSecret() }
  await store.transaction((tx) => tx.webhooks.add(hook, clock.now()))
  // All mail that comes in is handed on, too.
  await store.mailRoutes.add({
    name: 'all',
    accountId: null,
    class: null,
    sender: '',
    subject: '',
    label: '',
    target: 'webhook',
    destination: '127.0.0.1',
    webhook: hook,
    now: clock.now(),
  })
}

/** As if nobody knew whether it was sent. */
async function lookForASentMail({ warmup, db }: Runtime): Promise<void> {
  const find = () => db.select().from(messages).where(eq(messages.state, 'sent')).limit(1)
  while ((await find()).length === 0) await delay(50)
  const [sent] = await find()
  if (!sent) throw new Error('nothing was sent')
  const look = { kind: 'settle' as const, accountId: sent.senderId, messageId: sent.id }
  await warmup.store.tasks.hasten([{ ...look, dueAt: warmup.clock.now() }])
}

/** The texts of all mail in a mailbox of the simulated Google. */
async function mailsOf({ GOOGLE_API_ROOT }: Record<string, string>, mailbox: string): Promise<string[]> {
  const url = new URL(`sandbox/mailboxes/${mailbox}/messages`, GOOGLE_API_ROOT)
  const answer = await fetch(url, { headers: { 'x-sandbox-control': '1' } })
  const { messages } = (await answer.json()) as { messages: { text: string }[] }
  return messages.map(({ text }) => text)
}

async function control(
  { GOOGLE_API_ROOT }: Record<string, string>,
  path: string,
  body: object,
): Promise<void> {
  const headers = { 'x-sandbox-control': '1', 'content-type': 'application/json' }
  const url = new URL(`sandbox/${path}`, GOOGLE_API_ROOT)
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`)
}
