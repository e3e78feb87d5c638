import { describe, expect, test } from 'vitest'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { openSite, type Site } from './site.ts'
import { type Page, textOf, type Visitor } from './visitor.ts'

const TYPED = {
  labelName: ' Outreach / Warmup ',
  maxTurns: '4',
  coolDownDays: '10',
  evidenceDays: '14',
  watchShare: '10',
  throttleShare: '20',
  pauseShare: '30',
  restDays: '5',
  dkimSelectors: 'Google, s1',
  keepMailDays: '120',
  keepEventDays: '60',
  keepHandoutDays: '2',
  keepStatisticsDays: '400',
  keepInboxDays: '30',
}

const engineOf = ({ world }: Site) => world.runtime.warmup.store.engine.get()
const save = (operator: Visitor, changed: Record<string, string>) =>
  operator.submit('/settings', '/settings', { ...TYPED, ...changed })

/** The message that stands beside a field, found as a screen reader finds it. */
function errorBeside({ html }: Page, name: string): string | null {
  const field = html.match(new RegExp(`<input[^>]* name="${name}"[^>]*>`))?.[0] ?? ''
  const [error] = field.match(/aria-describedby="([^"\s]+-error)/)?.slice(1) ?? []
  if (error) expect(field).toContain('aria-invalid="true"')
  return error ? (html.match(new RegExp(`id="${error}">([^<]*)<`))?.[1] ?? null) : null
}

describe('the settings of the engine', () => {
  test('stand in the form as they are', async () => {
    await using site = await openSite()
    const { html } = await (await site.operator()).get('/settings')
    for (const [name, value] of [
      ['labelName', 'Warmup'],
      ['maxTurns', '5'],
      ['watchShare', '15'],
      ['dkimSelectors', 'google'],
    ])
      expect(html).toContain(`name="${name}" value="${value}"`)
    expect(html).not.toContain('checked')
  })

  test('are saved, tidied, and told in the feed as they were and as they are', async () => {
    await using site = await openSite()
    const operator = await site.operator()
    const saved = await save(operator, { needsAuthentication: 'yes', leavesInbox: 'yes' })
    expect([saved.status, saved.location]).toEqual([303, '/settings'])
    const page = await operator.get('/settings')
    expect(textOf(page)).toContain('The settings are saved.')
    expect(page.html.match(/ checked>/g)).toHaveLength(2)
    expect(await engineOf(site)).toEqual({
      labelName: 'Outreach/Warmup',
      leavesInbox: true,
      maxTurns: 4,
      coolDownDays: 10,
      evidenceDays: 14,
      watchShare: 0.1,
      throttleShare: 0.2,
      pauseShare: 0.3,
      restDays: 5,
      needsAuthentication: true,
      dkimSelectors: ['google', 's1'],
      keepMailDays: 120,
      keepEventDays: 60,
      keepHandoutDays: 2,
      keepStatisticsDays: 400,
      keepInboxDays: 30,
      stoppedAt: null,
    })
    const feed = textOf(await operator.get('/'))
    for (const words of ['label Warmup → Outreach/Warmup', 'watch from 15 % → 10 %', 'DMARC no → yes'])
      expect(feed).toContain(words)
    await save(operator, {})
    expect(await engineOf(site)).toMatchObject({ leavesInbox: false, needsAuthentication: false })
  })

  test('may do without a label', async () => {
    await using site = await openSite()
    await save(await site.operator(), { labelName: '  ' })
    expect(await engineOf(site)).toMatchObject({ labelName: '', maxTurns: 4 })
  })

  test('that are not changed are not told', async () => {
    await using site = await openSite()
    const operator = await site.operator()
    await save(operator, {})
    await save(operator, {})
    expect(textOf(await operator.get('/settings'))).toContain('Nothing was changed.')
    expect(textOf(await operator.get('/')).match(/Engine settings changed/g)).toHaveLength(1)
  })

  test.each([
    ['labelName', 'x'.repeat(226), '225 characters at most'],
    ['labelName', '/Warmup', 'both sides of each “/”'],
    ['labelName', 'a//b', 'both sides of each “/”'],
    ['labelName', 'Inbox', 'Gmail keeps the name “Inbox” for itself.'],
    ['labelName', 'drafts/Warmup', 'Gmail keeps the name “drafts” for itself.'],
    ['labelName', 'CATEGORY_PERSONAL', 'for itself'],
    ['labelName', 'a\u202eb', 'one line of plain text'],
    ['maxTurns', '1', 'from 2 to 5'],
    ['maxTurns', '6', 'from 2 to 5'],
    ['coolDownDays', '61', 'from 0 to 60'],
    ['evidenceDays', '0', 'from 1 to 30'],
    ['restDays', '', 'from 1 to 30'],
    ['watchShare', '0', 'from 1 to 100'],
    ['throttleShare', '10', 'more than where “Watch” begins'],
    ['pauseShare', '20', 'more than where “Throttled” begins'],
    ['keepMailDays', '15', 'from 16 to 3650'],
    ['keepMailDays', '59', 'no more than for conversations', 'keepEventDays'],
    ['keepHandoutDays', '0', 'from 1 to'],
    ['keepStatisticsDays', '119', 'no less than for conversations'],
    ['dkimSelectors', ' , ', 'Enter at least one selector.'],
    ['dkimSelectors', 'google, a_b', '“a_b” is no selector'],
  ])(
    '%s = %s is refused beside the field, and what was typed comes back',
    async (name, value, words, beside = name) => {
      await using site = await openSite()
      const page = await save(await site.operator(), { needsAuthentication: 'yes', [name]: value })
      expect(page.status).toBe(422)
      expect(errorBeside(page, beside)).toContain(words)
      for (const [field, typed] of Object.entries({ ...TYPED, [name]: value })) {
        expect(page.html).toContain(`name="${field}" value="${typed}"`)
        if (field !== beside) expect(errorBeside(page, field)).toBeNull()
      }
      expect(page.html).toMatch(/name="needsAuthentication" value="yes" checked/)
      expect(await engineOf(site)).toEqual({ ...DEFAULT_ENGINE, stoppedAt: null })
    },
  )

  test('never let conversations go that the cool-down still needs', async () => {
    await using site = await openSite()
    const page = await save(await site.operator(), { coolDownDays: '60', keepMailDays: '61' })
    expect([page.status, errorBeside(page, 'keepMailDays')]).toEqual([
      422,
      expect.stringContaining('at least 62'),
    ])
  })

  test('explain how health is judged, with the operator’s own bands', async () => {
    await using site = await openSite()
    const operator = await site.operator()
    const before = textOf(await operator.get('/settings'))
    expect(before).toContain('share = bad ÷ all')
    expect(before).toContain('Our own opens, rescues and replies are no evidence')
    expect(before).toContain('Of 20 mails, 9 must end badly for “Throttled” and 13 for “Resting”.')
    expect(before).toContain('surely 40 % or more It sends nothing for 3 days')
    await save(operator, {})
    const after = textOf(await operator.get('/settings'))
    expect(after).toContain('in the 14 days before')
    expect(after).toContain('surely 30 % or more It sends nothing for 5 days')
  })
})

describe('the stop switch', () => {
  test('stops all sending, says so on every page, and lets it go on', async () => {
    await using site = await openSite()
    await site.world.connect('anna@sandbox.test')
    const operator = await site.operator()
    const stopped = await operator.submit('/', '/sending/stop')
    expect([stopped.status, stopped.location]).toEqual([303, '/'])
    expect((await engineOf(site)).stoppedAt).toEqual(site.world.clock.now())
    for (const path of ['/', '/settings', '/notices', '/accounts/1', '/no-such-page']) {
      const page = await operator.get(path)
      expect([path, textOf(page)]).toEqual([path, expect.stringContaining('All sending is stopped since')])
      expect(page.html).toContain('action="/sending/resume"')
    }
    expect((await operator.get('/')).html).not.toContain('action="/sending/stop"')
    const part = await operator.get('/', { 'HX-Request': 'true' })
    expect(textOf(part)).toContain('All sending is stopped since')

    await operator.submit('/settings', '/sending/resume')
    const after = textOf(await operator.get('/'))
    expect(after).toContain('Sending goes on: what is overdue leaves')
    expect(after).not.toContain('All sending is stopped since')
    expect((await engineOf(site)).stoppedAt).toBeNull()
  })

  test('that is pressed twice says so, and is told once', async () => {
    await using site = await openSite()
    const operator = await site.operator()
    await operator.submit('/settings', '/sending/stop')
    await operator.submit('/settings', '/sending/stop')
    const text = textOf(await operator.get('/'))
    expect(text).toContain('Sending was stopped already.')
    expect(text.match(/All sending stopped/g)).toHaveLength(1)
  })
})
