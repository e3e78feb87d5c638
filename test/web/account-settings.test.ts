import { expect, test } from 'vitest'
import { openSite, type Site } from './site.ts'
import { type Page, textOf, type Visitor } from './visitor.ts'

const TYPED = {
  kind: 'pool',
  openRate: '33',
  replyRate: '44',
  dailyLimit: '12',
  startVolume: '3',
  dailyIncrease: '1',
  timeZone: 'Asia/Tokyo',
}

/** The message that stands beside a field, found as a screen reader finds it. */
function errorBeside({ html }: Page, name: string): string | null {
  const field = html.match(new RegExp(`<(?:input|select)[^>]* name="${name}"[^>]*>`))?.[0] ?? ''
  const [error] = field.match(/aria-describedby="([^"\s]+-error)/)?.slice(1) ?? []
  if (error) expect(field).toContain('aria-invalid="true"')
  return error ? (html.match(new RegExp(`id="${error}">([^<]*)<`))?.[1] ?? null) : null
}

const stored = (site: Site, id: number) => site.world.runtime.warmup.store.accounts.byId(id)

const addWith = (operator: Visitor, changed: Record<string, string>) =>
  operator.submit('/', '/accounts/connect', { ...TYPED, ...changed })

test.each([
  ['openRate', '101', 'from 0 to 100'],
  ['openRate', '-1', 'from 0 to 100'],
  ['openRate', '50.5', 'whole percentage'],
  ['replyRate', '', 'from 0 to 100'],
  ['replyRate', '1e2', 'from 0 to 100'],
  ['dailyLimit', '0', 'from 1 to 2000'],
  ['dailyLimit', '2001', 'from 1 to 2000'],
  ['dailyLimit', '9'.repeat(400), 'from 1 to 2000'],
  ['startVolume', '501', 'from 1 to 500'],
  ['dailyIncrease', 'many', 'from 0 to 100'],
  ['timeZone', 'Mars/Olympus', 'time zone from the list'],
])(
  '%s = %s is refused beside the field, and everything typed is still there',
  async (name, value, message) => {
    await using site = await openSite()
    const page = await addWith(await site.operator(), { [name]: value })
    expect(page.status).toBe(422)
    expect(errorBeside(page, name)).toContain(message)
    for (const [field, typed] of Object.entries({ ...TYPED, [name]: value })) {
      if (field === 'kind') expect(page.html).toMatch(/value="pool" required checked/)
      else if (field === 'timeZone') expect(page.html).toContain(`<option selected>${typed}</option>`)
      else expect(page.html).toContain(`name="${field}" value="${typed}"`)
      if (field !== name) expect(errorBeside(page, field)).toBeNull()
    }
  },
)

test('an unknown type is refused', async () => {
  await using site = await openSite()
  const page = await addWith(await site.operator(), { kind: 'admin' })
  expect([page.status, textOf(page)]).toEqual([422, expect.stringContaining('Choose warmup, pool or vault.')])
})

test('a field that is sent twice, or not at all, is a mistake with a message', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const twice = await operator.submit('/', '/accounts/connect', [
    ...Object.entries(TYPED),
    ['dailyLimit', '13'],
  ])
  expect([twice.status, errorBeside(twice, 'dailyLimit')]).toEqual([422, 'This field was sent twice.'])
  const none = await operator.submit('/', '/accounts/connect')
  expect([none.status, errorBeside(none, 'openRate')]).toEqual([422, 'This field is missing.'])
})

test('what was typed comes back as text', async () => {
  await using site = await openSite()
  const page = await addWith(await site.operator(), { openRate: '"><script>x</script>', timeZone: '<i>' })
  expect(page.html).not.toMatch(/<script>|<i>/)
})

test('settings are changed, and the page says so', async () => {
  await using site = await openSite()
  const { id } = await site.world.connect('anna@sandbox.test')
  const operator = await site.operator()
  const saved = await operator.submit(`/accounts/${id}`, `/accounts/${id}/settings`, TYPED)
  expect([saved.status, saved.location]).toEqual([303, `/accounts/${id}`])
  expect(textOf(await operator.get(`/accounts/${id}`))).toContain('The settings are saved.')
  expect(await stored(site, id)).toMatchObject({
    kind: 'pool',
    openRate: 0.33,
    replyRate: 0.44,
    dailyLimit: 12,
    timeZone: 'Asia/Tokyo',
  })
  expect(textOf(await operator.get('/'))).toContain(
    'Settings changed: type warmup → pool, open rate 80 % → 33 %',
  )
})

test('wrong settings change nothing', async () => {
  await using site = await openSite()
  const { id } = await site.world.connect('anna@sandbox.test')
  const before = await stored(site, id)
  const fields = { ...TYPED, dailyLimit: '0' }
  const page = await (await site.operator()).submit(`/accounts/${id}`, `/accounts/${id}/settings`, fields)
  expect([page.status, errorBeside(page, 'dailyLimit')]).toEqual([422, expect.stringContaining('from 1')])
  expect(await stored(site, id)).toEqual(before)
})

test('an account is paused, resumed and, after a question, removed', async () => {
  await using site = await openSite()
  const { id } = await site.world.connect('anna@sandbox.test')
  const operator = await site.operator()
  const press = async (action: string) => {
    const pressed = await operator.submit('/', `/accounts/${id}/${action}`, { from: 'dashboard' })
    expect(pressed.location).toBe('/')
    return (await stored(site, id))?.status
  }
  expect(await press('pause')).toBe('paused')
  expect(await press('pause')).toBe('paused')
  expect(textOf(await operator.get('/'))).toContain('Nothing was changed')
  expect(await press('resume')).toBe('active')
  const question = await operator.get(`/accounts/${id}/remove`)
  expect(textOf(question)).toContain('Remove this account?')
  expect((await stored(site, id))?.status).toBe('active')
  expect(await press('remove')).toBe('removed')
  const page = await operator.get(`/accounts/${id}`)
  expect(textOf(page)).toContain('Removed')
  expect(page.html).not.toContain(`/accounts/${id}/settings`)
  await operator.submit('/', `/accounts/${id}/settings`, TYPED)
  expect((await stored(site, id))?.dailyLimit).toBe(50)
})
