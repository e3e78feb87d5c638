import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { CHROMIUM, launchBrowser } from '../support/browser.ts'
import { prepareInstance } from '../support/instance.ts'

/** Set to a folder to keep a picture of each page. */
const { SCREENSHOTS } = process.env

test.skipIf(!CHROMIUM)(
  'a newcomer signs in, connects five mailboxes, one of them twice, and sees mail sent, opened and answered',
  async () => {
    await using instance = await prepareInstance()
    const { signInLink } = await instance.start()
    const browser = await launchBrowser(CHROMIUM as string)
    try {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))

      await page.goto(signInLink)
      await picture(page, 'empty')
      for (const [index, kind] of ['Warmup', 'Warmup', 'Pool', 'Pool', 'Pool'].entries())
        await connectMailbox(page, instance.url, kind, index)
      await connectMailbox(page, instance.url, 'Warmup', 2)
      await picture(page, 'account-connected')

      await page.goto(instance.url)
      const addresses = page.locator('main').getByRole('link', { name: /@/ })
      await expect.poll(async () => new Set(await addresses.allTextContents()).size).toBe(5)
      // The page itself brings the news: it is not loaded again.
      const main = page.locator('main')
      await expect.poll(() => main.textContent(), { timeout: 120_000 }).toMatch(/Sent\s+“/)
      await expect.poll(() => main.textContent(), { timeout: 120_000 }).toMatch(/Opened\s+“/)
      await expect.poll(() => main.textContent(), { timeout: 120_000 }).toMatch(/Sent\s+“Re: /)
      await picture(page, 'dashboard')
      await page.goto(`${instance.url}/accounts/1`)
      await picture(page, 'account')
      if (SCREENSHOTS) await onAPhone(page, instance.url)
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  },
  240_000,
)

async function connectMailbox(page: Page, url: string, kind: string, mailbox: number): Promise<void> {
  await page.goto(url)
  const type = page.getByRole('radio', { name: new RegExp(`^${kind}`) })
  if (!(await type.isVisible())) await page.getByText('Add an account').click()
  await type.check()
  await page.getByRole('button', { name: 'Connect with Google' }).click()
  await page.getByRole('radio').nth(mailbox).check()
  await picture(page, 'consent')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${url}/**`)
}

async function onAPhone(page: Page, url: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width: 390, height: 844 })
    for (const [name, path] of [
      ['dashboard', '/'],
      ['account', '/accounts/1'],
      ['sign-in', '/sign-in'],
    ]) {
      await page.goto(url + path)
      await picture(page, `phone-${colorScheme}-${name}`)
    }
  }
}

async function picture(page: Page, name: string): Promise<void> {
  if (!SCREENSHOTS) return
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
}
