import { expect, test } from 'vitest'
import { stopSending } from '../../src/warmup/engine.ts'
import { CHROMIUM, launchBrowser } from '../support/browser.ts'
import { openSite } from '../web/site.ts'

test.skipIf(!CHROMIUM)(
  'a page that renews itself leaves open what was opened, and the focus where it was',
  async () => {
    await using site = await openSite()
    const { warmup } = site.world.runtime
    const { id } = await site.world.connect('anna@sandbox.test')
    await stopSending(warmup)
    const browser = await launchBrowser(CHROMIUM as string)
    try {
      const page = await browser.newPage()
      await page.goto(`${site.url}/sign-in?token=${await warmup.store.oneTime.issueSignIn(new Date())}`)
      await page.goto(`${site.url}/accounts/${id}`)
      await page.getByText('Its figures').click()
      const resume = page.getByRole('button', { name: 'Let sending go on' })
      await resume.focus()
      const line = page.locator('.account-line')
      await warmup.store.accounts.steer(id, {
        health: 'watch',
        warmupDay: 3,
        restsUntil: null,
        evidenceFrom: null,
      })
      await expect.poll(() => line.textContent(), { timeout: 10_000 }).toContain('Watch')
      expect(await page.getByText('Counts as bad').isVisible()).toBe(true)
      expect(await resume.evaluate((button) => button.matches(':focus'))).toBe(true)
    } finally {
      await browser.close()
    }
  },
  60_000,
)
