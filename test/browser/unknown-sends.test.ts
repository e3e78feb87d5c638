import { expect, test } from 'vitest'
import { CHROMIUM, launchBrowser } from '../support/browser.ts'
import { makeUnknown, planDue, runDue } from '../support/unknown-sends.ts'
import { openSite } from '../web/site.ts'

test.skipIf(!CHROMIUM)(
  'on a phone, an unknown mail that is looked for goes from the page by itself once it is found',
  async () => {
    await using site = await openSite()
    const { world } = site
    await planDue(world)
    await makeUnknown(world, 'sent')
    const token = await world.runtime.warmup.store.oneTime.issueSignIn(new Date())
    await using browser = await launchBrowser(CHROMIUM as string)
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${site.url}/sign-in?token=${token}`)
    await page.goto(`${site.url}/unknown-sends`)
    await page.locator('form[action="/messages/1/look"] button').click()
    await expect.poll(() => page.locator('#live').textContent()).toContain('It is being looked for…')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)

    await runDue(world, 'settle')
    const live = () => page.locator('#live').textContent()
    await expect.poll(live, { timeout: 10_000 }).toContain('There are none.')
    expect(complaints).toEqual([])
  },
)
