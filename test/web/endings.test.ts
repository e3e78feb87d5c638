import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { liftGuard } from '../support/state-guard.ts'
import {
  eventsOf,
  makeUnknown,
  planDue,
  runDue,
  sentByAnna,
  tasksOf,
  theMail,
  untilDue,
} from '../support/unknown-sends.ts'
import { openSite, type Site } from './site.ts'
import { textOf } from './visitor.ts'

const UNKNOWN = '/unknown-sends'

async function openUnknown(truth: 'sent' | 'draft' | 'nothing'): Promise<Site> {
  const site = await openSite()
  await planDue(site.world)
  await makeUnknown(site.world, truth)
  return site
}

async function openFailed(): Promise<Site> {
  const site = await openSite()
  await planDue(site.world)
  site.world.sandbox.control.addFault({
    path: '/drafts$',
    method: 'POST',
    status: 400,
    reason: 'badRequest',
    message: 'No.',
  })
  await runDue(site.world, 'send')
  return site
}

test('an unknown mail that is found is gone from the page, which renews itself', async () => {
  await using site = await openUnknown('sent')
  const operator = await site.operator()
  const page = await operator.get(UNKNOWN)
  expect(page.html).toContain(`hx-get="${UNKNOWN}"`)
  expect(textOf(page)).toContain('It has not been looked for yet. It will be looked for in 9 min .')
  expect(page.html).not.toContain('/messages/1/send-again')

  const pressed = await operator.submit(UNKNOWN, `${UNKNOWN}/look`)
  expect([pressed.status, pressed.location]).toEqual([303, UNKNOWN])
  const waiting = textOf(await operator.get(UNKNOWN))
  expect(waiting).toContain('1 mail is looked for now.')
  expect(waiting).toContain('It is being looked for…')
  await runDue(site.world, 'settle')
  const part = await operator.get(UNKNOWN, { 'HX-Request': 'true' })
  expect(part.html).not.toContain('<html')
  expect(textOf(part)).toContain('There are none.')
  expect(await theMail(site.world)).toMatchObject({ state: 'sent' })
})

test('an unknown mail that was not sent is sent again from its own page', async () => {
  await using site = await openUnknown('nothing')
  const { world } = site
  const operator = await site.operator()
  await operator.submit('/messages/1', '/messages/1/send-again')
  expect(textOf(await operator.get('/messages/1'))).toContain('No look has shown yet that it was not sent.')
  await untilDue(world, 'settle')
  await runDue(world, 'settle')

  const page = await operator.get('/messages/1')
  expect(textOf(page)).toContain(
    'neither the mail nor its draft is in its sender’s mailbox, so it was not sent.',
  )
  const pressed = await operator.submit('/messages/1', '/messages/1/send-again', { from: 'message' })
  expect([pressed.status, pressed.location]).toEqual([303, '/messages/1'])
  const wished = await operator.get('/messages/1')
  expect(textOf(wished)).toContain('It is sent again, unless this look finds it.')
  expect(wished.html).not.toContain('action="/messages/1/send-again"')
  await world.settle()
  expect(sentByAnna(world)).toHaveLength(1)
  expect(textOf(await operator.get('/messages/1'))).toContain('Sent')
  expect(textOf(await operator.get('/'))).toMatch(/Not found, and planned again: .* to ben@example.org/)
})

test('an unknown mail that is dropped is withdrawn, and a second press says that it is no longer unknown', async () => {
  await using site = await openUnknown('draft')
  const operator = await site.operator()
  const drop = () => operator.submit(UNKNOWN, '/messages/1/drop', { from: 'unknown' })
  await operator.get('/messages/1')
  expect((await drop()).location).toBe(UNKNOWN)
  expect(textOf(await operator.get(UNKNOWN))).toContain('It is dropped')
  await operator.submit('/', '/messages/1/drop', { from: 'unknown' })
  expect(textOf(await operator.get(UNKNOWN))).toContain('It is no longer unknown.')
  expect(textOf(await operator.get('/messages/1'))).toContain('Withdrawn')
  expect(await eventsOf(site.world, 'send_dropped')).toHaveLength(1)
})

test('what its operator does to a mail needs the token of the form, and a mail that there is', async () => {
  await using site = await openUnknown('nothing')
  const operator = await site.operator()
  for (const action of ['look', 'send-again', 'drop', 'try-again']) {
    expect((await operator.post(`/messages/1/${action}`, {})).status).toBe(403)
    expect((await operator.submit(UNKNOWN, `/messages/x/${action}`)).status).toBe(404)
    expect((await operator.get(`/messages/1/${action}`)).location).toBe('/messages/1')
  }
  await operator.submit(UNKNOWN, '/messages/4242/drop')
  expect(textOf(await operator.get(UNKNOWN))).toContain('It is no longer unknown.')
  expect(await theMail(site.world)).toMatchObject({ state: 'unknown' })
})

test('a mail that failed is counted, listed with its reason, and tried again', async () => {
  await using site = await openFailed()
  const { world } = site
  const operator = await site.operator()
  expect(textOf(await operator.get('/'))).toContain('failed this week 0 / 1')
  expect(textOf(await operator.get('/failed'))).toMatch(/Failed .* No\. \(400 badRequest\)\. Try again/)
  expect((await operator.get('/failed?q=ben')).html).toContain('/messages/1/try-again')
  for (const other of ['?q=nobody', '?what=open', '?before=1'])
    expect(textOf(await operator.get(`/failed${other}`))).toContain('There are none.')

  await operator.submit('/failed?q=ben', '/failed/try-again', { q: 'nobody' })
  expect(textOf(await operator.get('/failed'))).toContain('Tried again: 0 mails.')
  await operator.submit('/failed', '/failed/try-again', { q: '', what: '' })
  expect(textOf(await operator.get('/failed'))).toContain('Tried again: 1 mail.')
  expect(await tasksOf(world, 'send')).toHaveLength(1)
  await world.settle()
  expect(sentByAnna(world)).toHaveLength(1)
  expect(textOf(await operator.get('/'))).toContain('failed this week 0 / 0')
})

test('a mail that makes no sense any more says why it is not tried again', async () => {
  await using site = await openFailed()
  const operator = await site.operator()
  await operator.submit('/accounts/2/remove', '/accounts/2/remove')
  await operator.submit('/failed', '/messages/1/try-again', { from: 'failed' })
  expect(textOf(await operator.get('/failed'))).toContain('Its recipient was removed.')
})

test('a mail whose look was given up is listed and tried again', async () => {
  await using site = await openSite()
  const { world } = site
  await planDue(world)
  await runDue(world, 'send')
  await untilDue(world, 'open')
  world.sandbox.control.addFault({ path: '/messages$', status: 400, reason: 'badRequest', message: 'No.' })
  await runDue(world, 'open')
  const operator = await site.operator()
  expect(textOf(await operator.get('/'))).toMatch(/“Look for a mail” was given up: No\. \(400 badRequest\)/)
  expect(textOf(await operator.get('/failed?what=open'))).toContain(
    'Looking after it was given up: No. (400 badRequest).',
  )
  await operator.submit('/failed', '/messages/1/try-again', { from: 'failed' })
  await runDue(world, 'open')
  expect(await theMail(world)).toMatchObject({ placement: 'inbox' })
})

test('tasks that are tried again by themselves are shown, those most in trouble first', async () => {
  await using site = await openSite()
  const { world } = site
  await planDue(world)
  await world.runtime.db.execute(sql`update tasks set waiting_for = 'Backend Error (500)',
    errors = case kind when 'plan' then 250 when 'send' then 3 else 0 end where account_id = 1`)
  const page = textOf(await (await site.operator()).get('/failed'))
  expect(page).toMatch(
    /Plan the day anna@example.com 250 tries failed; it was given up, and begins anew by itself; next .* Backend Error \(500\)\. Send a mail anna@example.com 3 tries failed; next/,
  )
  expect(page).not.toContain('Prove the token')
})

test('more mails than a page holds are paged through', async () => {
  await using site = await openFailed()
  const { db } = site.world.runtime
  await liftGuard(db)
  await db.execute(sql`insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id,
    state, planned_for, rfc_message_id)
    select 'c' || n, 'lift-home', 1, 1, 'Mail ' || n, 1, 2, case when n % 2 = 0 then 'failed' else 'unknown' end, now(), '<' || n || '@x>'
    from generate_series(1, 120) n`)
  const operator = await site.operator()
  for (const [path, all] of [
    ['/failed', 61],
    [UNKNOWN, 60],
  ] as const) {
    const first = await operator.get(path)
    const older = first.html.match(/href="([^"]+)" rel="next"/)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const second = await operator.get(older)
    const listed = [first, second].map(({ html }) => html.match(/<article/g)?.length ?? 0)
    expect(listed).toEqual([50, all - 50])
    expect(second.html).not.toContain('rel="next"')
    expect(second.html).toContain(`href="${path}">Newest`)
  }
})
