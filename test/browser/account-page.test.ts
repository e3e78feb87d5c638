import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { CHROMIUM, launchBrowser } from '../support/browser.ts'
import { openSite } from '../web/site.ts'

test.skipIf(!CHROMIUM)(
  'an account’s page renews what happened and leaves its charts and opened tables alone',
  async () => {
    await using site = await openSite()
    const { world } = site
    await world.connect('anna@sandbox.test', { startVolume: 2 })
    await world.connect('ben@sandbox.test', { kind: 'pool' })
    await world.runUntil(new Date('2026-03-03T06:00:00Z'))
    const token = await world.runtime.warmup.store.oneTime.issueSignIn(new Date())
    await using browser = await launchBrowser(CHROMIUM as string)
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${site.url}/sign-in?token=${token}`)
    await page.goto(`${site.url}/accounts/1`)
    await expect.poll(() => page.locator('canvas').count()).toBe(2)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    const fills =
      "Chart.getChart(document.querySelector('#volume-chart canvas')).data.datasets.map(({ fill }) => fill)"
    expect(await page.evaluate(fills)).toContain('-1')
    await page.evaluate("window.kept = document.querySelector('#volume-chart canvas')")
    await page.locator('#volume-chart summary').click()

    await world.runtime.db.execute(
      sql`insert into events (at, kind, account_id) values (${world.clock.now().toISOString()}, 'paused', 1)`,
    )
    const newest = page.locator('#activity .feed li').first()
    await expect.poll(() => newest.textContent(), { timeout: 10_000 }).toContain('Paused')
    expect(await page.evaluate("window.kept === document.querySelector('#volume-chart canvas')")).toBe(true)
    expect(await page.locator('#volume-chart details').getAttribute('open')).toBe('')
    expect([await page.locator('#live').count(), await page.locator('#activity').count()]).toEqual([1, 1])
    expect(complaints).toEqual([])
  },
)
