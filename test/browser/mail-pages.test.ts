import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { CHROMIUM, launchBrowser } from '../support/browser.ts'
import { keepMail } from '../support/kept-mail.ts'
import { openSite } from '../web/site.ts'

test.skipIf(!CHROMIUM)('the pages of mail and of handing on fit a phone, whatever a subject is', async () => {
  await using site = await openSite({}, { SYNC_EVERY_MINUTES: '5' })
  const { db, warmup } = site.world.runtime
  await site.world.connect('anna@sandbox.test', { kind: 'vault' })
  await keepMail(db, 1, [{ subject: 'x'.repeat(1000), sender: 'y'.repeat(1000), snippet: 'z'.repeat(1000) }])
  await db.execute(sql`insert into mail_routes (name, sender, target, destination, created_at)
    values (${'n'.repeat(60)}, ${'s'.repeat(200)}, 'queue', ${'q'.repeat(100)}, now())`)
  await db.execute(sql`insert into handoffs (route_id, account_id, email_message_id, state, failure, created_at)
    select 1, 1, id, 'dead', ${'f'.repeat(500)}, now() from email_messages`)
  const token = await warmup.store.oneTime.issueSignIn(new Date())
  await using browser = await launchBrowser(CHROMIUM as string)
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${site.url}/sign-in?token=${token}`)
  for (const path of ['/accounts/1/mail', '/routes']) {
    await page.goto(site.url + path)
    await page.locator('.panel > summary').click()
    expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 390])
  }
  expect(complaints).toEqual([])
})
