import { expect, test } from 'vitest'
import type { Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { keepMail } from '../support/kept-mail.ts'
import { linksOf } from './forms.ts'
import { openSite } from './site.ts'

const SCRIPT = `'"><script>alert(1)</script><img src=x onerror=alert(2)>`

/** Text of people’s own, of Google’s, of mail servers’ and of DNS. Enumerations and keys have checks of their own. */
async function poison(db: Database): Promise<void> {
  const text = sql`${SCRIPT}::text`
  await db.execute(sql`update accounts set display_name = ${text}, signature = ${text}, last_error = ${text},
    failure = null, label_name = ${text}, email = ${SCRIPT.replaceAll(' ', '')} || id || '@x.test', extra_scopes = array[${text}]`)
  await db.execute(sql`update messages set subject = ${text}, failure = ${text}, rfc_message_id = ${text},
    bounce_status = ${text}, bounce_words = ${text}, labels_seen = array[${text}]`)
  await db.execute(sql`update tasks set waiting_for = ${text}`)
  await db.execute(
    sql`update events set data = data || jsonb_build_object('reason', ${text}, 'key', ${text}, 'displayName', ${text})`,
  )
  await db.execute(sql`insert into events (kind, at, account_id, data)
    select kind, now(), 1, jsonb_build_object('reason', ${text}, 'key', ${text}, 'displayName', ${text}, 'by', ${text})
    from unnest(array['settings_changed', 'task_failed', 'token_served', 'send_failed', 'send_unknown']) as kinds (kind)`)
  await db.execute(sql`update api_keys set name = ${text}`)
  await db.execute(sql`update engine_settings set label_name = ${text}, dkim_selectors = array[${text}]`)
  await db.execute(sql`insert into sender_domains (domain, checked_at, fails, findings) values ('x.test', now(), true,
    (select jsonb_object_agg(record, jsonb_build_object('state', 'fail', 'name', ${text}, 'found', ${text}, 'problem', ${text},
      'publish', ${text})) from unnest(array['spf', 'dkim', 'dmarc']) as records (record)))`)
  await keepMail(db, 1, [
    { sender: SCRIPT, subject: SCRIPT, snippet: SCRIPT, labelIds: [SCRIPT], class: 'reply', rule: SCRIPT },
  ])
  await db.execute(sql`insert into mail_routes (name, account_id, sender, subject, label, target, destination, created_at)
    values (${text}, 1, ${text}, ${text}, ${text}, 'queue', ${text}, now())`)
  await db.execute(sql`insert into handoffs (route_id, account_id, email_message_id, state, failure, created_at, ended_at)
    select r.id, m.account_id, m.id, 'dead', ${text}, now(), now() from mail_routes r, email_messages m`)
  await db.execute(sql`update mailboxes set filter = ${text}`)
  await db.execute(sql`insert into events (kind, at, account_id, data)
    select kind, now(), 1, jsonb_build_object('name', ${text}, 'destination', ${text}, 'route', ${text}, 'filter', ${text})
    from unnest(array['fetching_changed', 'route_added', 'route_removed', 'handoffs_replayed']) as kinds (kind)`)
  await db.execute(sql`insert into incidents (kind, subject, account_id, failure, words, opened_at) values
    ('needs_reauth', 'account:1', 1, 'grant_revoked', ${text}, now()), ('app_refused', 'client:x', null, 'app_refused', ${text}, now())`)
}

test('a script in a subject, a name, a label, an address or an error is shown on no page as a script', async () => {
  await using site = await openSite()
  const { world } = site
  world.sandbox.control.forcePlacement('spam')
  await world.connect('anna@sandbox.test', { startVolume: 2, displayName: 'Anna', signature: 'Anna' })
  await world.connect('ben@sandbox.test', { kind: 'pool' })
  const operator = await site.operator()
  await operator.submit('/api-keys', '/api-keys', { name: 'first', scopes: 'tokens:read', lifetime: 'never' })
  await operator.submit('/notices', '/notices/webhooks', { url: 'http://127.0.0.1:9/hook' })
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  await poison(world.runtime.db)

  const shown = new Set<string>()
  for await (const { path, page } of linksOf(operator, '/')) {
    expect([path, page.status]).toEqual([path, 200])
    expect([path, page.html.match(/<script>alert|<img src=x|"><script/)]).toEqual([path, null])
    if (page.html.includes('&lt;script&gt;')) shown.add(path.replaceAll(/\d+/g, ':id'))
    const part = await operator.get(path, { 'HX-Request': 'true' })
    expect([path, part.html.match(/<script>alert|<img src=x|"><script/)]).toEqual([path, null])
  }
  // Pages that show none of it would prove nothing.
  expect([...shown]).toEqual(
    expect.arrayContaining([
      '/',
      '/accounts/:id',
      '/accounts/:id/mail',
      '/routes',
      '/messages/:id',
      '/settings',
      '/api-keys',
      '/notices',
      '/forecast',
    ]),
  )
  expect(site.errors).toEqual([])
})

test('what is searched for is text: neither SQL nor a pattern', async () => {
  await using site = await openSite()
  await site.world.connect('anna@sandbox.test')
  const operator = await site.operator()
  const key = await site.world.runtime.warmup.store.apiKeys.issue({
    name: 'search',
    scopes: ['accounts:read'],
    expiresAt: null,
    now: new Date(),
  })
  const found = async (text: string) => {
    const query = encodeURIComponent(text)
    const page = await operator.get(`/?q=${query}`, { 'HX-Request': 'true' })
    const reply = await operator.get(`/api/v1/accounts?email=${query}`, { authorization: `Bearer ${key}` })
    return [page.html.includes('data-label="Status"'), reply.html.includes('"id":1')]
  }
  expect(await found('NNA@sand')).toEqual([true, true])
  const tricks = [
    `'or'1'='1`,
    `')or(1=1)--`,
    `';drop/**/table/**/accounts;--`,
    '%',
    '_nna',
    'ann_',
    'a%t',
    '.*',
    '\\',
    '$1',
    `anna'`,
    'anna\u0000',
  ]
  for (const trick of tricks) expect([trick, ...(await found(trick)).slice(1)]).toEqual([trick, false])
  for (const trick of tricks.slice(0, -1))
    expect([trick, ...(await found(trick))]).toEqual([trick, false, false])
  expect(await site.world.runtime.warmup.store.accounts.all()).toHaveLength(1)
  expect(site.errors).toEqual([])
})
