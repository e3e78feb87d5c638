import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { FUZZ_TIMEOUT_MS, fuzzing, oddText } from '../support/fuzz.ts'
import { keepMail } from '../support/kept-mail.ts'
import { type Form, formsOf } from './forms.ts'
import { openSite } from './site.ts'
import { csrfOf, textOf } from './visitor.ts'

/** Ends the session, goes out to the network, or ends what the others are about. */
const LEFT_OUT = /^\/sign-out$|\/(test|domain)$|^\/accounts\/\d+\/remove$/

const PAGES = ['/settings', '/notices', '/routes', '/api-keys']

/** Nearly right, for the fields whose rules are more than a range. */
const NEARLY_RIGHT: Record<string, readonly string[]> = {
  timeZone: ['2020-01-01T00:00Z[Europe/Berlin]', 'europe/berlin', 'Etc/GMT+12', '+01:00', 'Europe/Berlin\0'],
  sendHours: ['00:00-24:00', '09:00-09:29', '9:00–24:00;', '24:00-24:30', '09:00-12:00,12:00-13:00'],
  wakingHours: ['00:00-00:30', '23:30-24:00', '00:00-24:01'],
  sendDays: ['1,1,1', '0', '8', '1e0', '0x1', ' ', '7,6'],
  holidays: ['0000-01-01', '9999-12-31', '2026-02-29', '2027-01-01..2026-01-01', '2026-12-25\n'.repeat(200)],
  displayName: ['\u202Ex', 'a\u2028b', '"<x@y.z>, "', 'é'.repeat(60)],
  signature: ['a\rb', 'a\r\n.\r\nb', '-- \n', '\u2066x'],
  labelName: ['a/b', '/', 'INBOX', 'a'.repeat(225), 'a/\u2028'],
  dkimSelectors: ['a.b', '-a', 'a'.repeat(64), 'a,'.repeat(11)],
  url: ['http://[::1]:1/x', 'http://a:b@c', 'HTTP://EXAMPLE.com', 'http://\u2100.example', 'http://x/%00'],
  everyMinutes: ['0', '1', '1440', '1441', '1e1', ' 5 ', '٣'],
  filter: ['a\nb', '(', '"', 'a'.repeat(500), 'a'.repeat(501), 'from:x → y'],
  account: ['anna@sandbox.test', 'nobody@sandbox.test', ' ANNA@sandbox.test ', 'anna', '@'],
  target: ['queue', 'mail', 'webhooks', '__proto__'],
  destination: ['kindling-sync', 'a b', 'http://[::1]:1/x', 'http://a:b@c', 'http://x/%00', 'a'.repeat(2001)],
  class: ['any', 'reply', 'warm', ''],
  name: ['a'.repeat(60), '\u202Ex', '👩‍👩‍👧‍👦'.repeat(8)],
}

type Change = { how: 'drop' | 'write' | 'repeat' | 'add'; name: string; text: string }

/** Leaves a field out, writes something else into it, sends it again, or sends one that the form has not. */
function changeOf(form: Form): fc.Arbitrary<Change> {
  return fc.record({
    how: fc.constantFrom('write', 'write', 'write', 'write', 'drop', 'repeat', 'add'),
    name: fc.constantFrom(...namesOf(form), 'from'),
    text: oddText,
  })
}

const namesOf = ({ fields }: Form) => [...new Set(fields.map(([name]) => name))]

function nearlyRight(form: Form) {
  return namesOf(form).flatMap((name) =>
    (NEARLY_RIGHT[name] ?? []).map((text) => ({
      action: form.action,
      fields: changed(form, [{ how: 'write', name, text }]),
    })),
  )
}

function changed(form: Form, changes: readonly Change[]): [string, string][] {
  let fields = [...form.fields]
  for (const { how, name, text } of changes) {
    if (how === 'add') fields.push([text, text])
    else if (how === 'repeat') fields.push([name, text])
    else if (how === 'drop') fields = fields.filter(([other]) => other !== name)
    else fields = fields.map(([other, value]) => [other, other === name ? text : value])
  }
  return fields
}

test('whatever is sent in a form, it is taken whole or refused whole with words, and every page still shows', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  await using site = await openSite()
  const { db } = site.world.runtime
  const { id } = await site.world.connect('anna@sandbox.test')
  const operator = await site.operator()
  await operator.submit('/notices', '/notices/webhooks', { url: 'http://127.0.0.1:9/hook' })
  await operator.submit('/api-keys', '/api-keys', { name: 'first', scopes: 'tokens:read', lifetime: 'never' })
  const route = { name: 'crm', account: '', class: 'any', sender: '', subject: '', label: '' }
  await operator.submit('/routes', '/routes', { ...route, target: 'queue', destination: 'crm' })
  await keepMail(db, id, [{}])
  await db.execute(sql`insert into handoffs (route_id, account_id, email_message_id, state, created_at)
    select 1, ${id}, id, 'dead', now() from email_messages`)
  const forms = (await formsOf(operator)).filter(({ action }) => !LEFT_OUT.test(action))
  expect(forms.map(({ action }) => action)).toEqual(
    expect.arrayContaining([
      '/accounts/connect',
      `/accounts/${id}/settings`,
      `/accounts/${id}/fetching`,
      '/settings',
      '/api-keys',
      '/routes',
      '/routes/1/replay',
      '/handoffs/1/replay',
    ]),
  )
  // Most of the changes go where most of the fields are.
  const filledIn = fc.oneof(
    ...forms.map((form) => ({
      weight: 1 + form.fields.length,
      arbitrary: fc.record({
        action: fc.constant(form.action),
        fields: fc.array(changeOf(form), { maxLength: 2 }).map((changes) => changed(form, changes)),
      }),
    })),
  )
  const token = csrfOf(await operator.get('/'))
  const outcomes = new Map<number, number>()

  await fc.assert(
    fc.asyncProperty(filledIn, async ({ action, fields }) => {
      const before = await fingerprint(db)
      const answer = await operator.post(action, [['_csrf', token], ...fields])
      outcomes.set(answer.status, (outcomes.get(answer.status) ?? 0) + 1)
      expect(site.errors).toEqual([])
      expect([200, 303, 403, 404, 413, 422]).toContain(answer.status)
      if (answer.status === 422) expect(answer.html).toMatch(/class="field-error"[^>]*>[^<]{10}/)
      if (answer.status === 403) expect(textOf(answer)).toContain('This form is too old')
      if (answer.status >= 400) expect(await fingerprint(db)).toEqual(before)
      else
        for (const page of ['/', `/accounts/${id}`, `/accounts/${id}/mail`, ...PAGES])
          expect([page, (await operator.get(page)).status]).toEqual([page, 200])
    }),
    // Nearly right values first, each in its field.
    { ...fuzzing(250), examples: forms.flatMap(nearlyRight).map((filled) => [filled]) },
  )
  // Neither all taken nor all refused: such a search would be of little use.
  for (const status of [303, 422]) expect(outcomes.get(status) ?? 0).toBeGreaterThan(20)
})
