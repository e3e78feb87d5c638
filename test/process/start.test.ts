import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { parseConfig, requireComplete } from '../../src/config.ts'
import { connect } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { createLogger } from '../../src/logger.ts'
import { createRuntime, type Runtime, startClock } from '../../src/runtime.ts'
import { finishConnecting, startConnecting } from '../../src/warmup/connect-account.ts'
import { expectAgreement, type Ledger } from '../support/agreement.ts'
import { giveConsent } from '../support/consent.ts'
import { prepareInstance, type Running } from '../support/instance.ts'

test('npm start stops in order, and is refused beside another one on its data folder', async () => {
  await using instance = await prepareInstance()
  const running = await instance.start()
  const databaseUrl = running.settings().DATABASE_URL as string
  expect((await fetch(`${instance.url}/readyz`)).status).toBe(200)

  const second = await instance.startAndEnd()
  expect(second).toMatchObject({ code: 2, output: expect.stringContaining('another kindling runs on') })
  expect(second.output).not.toMatch(/^ {4}at /m)

  const begun = performance.now()
  expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 })
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(await answers(databaseUrl)).toBe(false)
})

test.each([
  [{ DATA_DIR: '/dev/null' }, 'DATA_DIR="/dev/null": expected a folder that can be written to'],
  [
    { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x' },
    'DATABASE_URL: expected a Postgres that answers (connect ECONNREFUSED',
  ],
  [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'REDIS_URL: expected a Redis that answers (connect ECONNREFUSED'],
  [{ GOOGLE_CLIENT_ID: 'only-this' }, 'GOOGLE_CLIENT_SECRET is not set: expected'],
  [{ PORT: 'http' }, 'PORT="http": expected a whole number'],
])('a start with %j ends with one line that says what was expected', async (environment, line) => {
  await using instance = await prepareInstance(environment as Record<string, string>)
  const { code, output } = await instance.startAndEnd()
  expect({ code, lines: output.trim().split('\n') }).toEqual({
    code: 2,
    lines: [expect.stringContaining(line)],
  })
})

test('it stops within ten seconds, and leaves nothing behind, while Google keeps tasks waiting', async () => {
  await using instance = await prepareInstance({ WARMUP_SPEED: '5000' })
  const running = await instance.start()
  const settings = running.settings()
  const runtime = await openRuntime(settings)
  await connectAccounts(runtime)
  await runtime.close()
  const fault = { path: '/drafts', delayMs: 19_000, count: 1000 }
  await control(settings, 'faults', { method: 'POST', body: JSON.stringify(fault) })
  const struck = async () => {
    const { faults } = (await control(settings, 'faults')) as { faults: { count: number }[] }
    return 1000 - (faults[0]?.count ?? 0)
  }
  while ((await struck()) < 2) await delay(20)

  const begun = performance.now()
  expect(await running.kill('SIGTERM')).toMatchObject({ code: 0 })
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(await answers(settings.DATABASE_URL as string)).toBe(false)
})

test('killed again and again with -9 and started anew, it sends nothing twice and loses nothing', async () => {
  await using instance = await prepareInstance({ WARMUP_SPEED: '5000' })
  let running = await instance.start()
  let runtime = await openRuntime(running.settings())
  try {
    await connectAccounts(runtime)
    for (let kills = 0; kills < 6; kills += 1) {
      const before = await sentBy(running)
      while ((await sentBy(running)) < before + 3 + kills) await delay(5)
      await runtime.close()
      await running.kill('SIGKILL')
      running = await instance.start()
      runtime = await openRuntime(running.settings())
    }
    await untilNothingIsUnderWay(runtime)
    const ledger = await ledgerOf(running.settings())
    expect(ledger.filter(({ kind }) => kind === 'sent').length).toBeGreaterThan(20)
    await expectAgreement(runtime, ledger)
  } finally {
    await runtime.close()
  }
})

async function openRuntime(settings: Record<string, string>): Promise<Runtime> {
  const config = requireComplete(parseConfig(settings))
  const { clock, stop } = await startClock(config)
  const runtime = createRuntime(config, clock, createLogger('silent'))
  return {
    ...runtime,
    async close() {
      await runtime.close()
      await stop()
    },
  }
}

async function connectAccounts({ warmup }: Runtime): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    const kind = i < 2 ? ('warmup' as const) : ('pool' as const)
    const settings = { ...DEFAULT_SETTINGS, kind, startVolume: 60, dailyLimit: 200 }
    const email = `account${i}@example.com`
    const url = await startConnecting(warmup, settings, new Date())
    expect(await finishConnecting(warmup, await giveConsent(url, email), new Date())).toHaveProperty(
      'account',
    )
  }
}

async function sentBy(running: Running): Promise<number> {
  return (await ledgerOf(running.settings())).filter(({ kind }) => kind === 'sent').length
}

async function ledgerOf(settings: Record<string, string>): Promise<Ledger> {
  return ((await control(settings, 'ledger?limit=100000')) as { entries: Ledger }).entries
}

async function control({ GOOGLE_API_ROOT }: Record<string, string>, path: string, init: RequestInit = {}) {
  const headers = { 'x-sandbox-control': '1', 'content-type': 'application/json' }
  const answer = await fetch(new URL(`sandbox/${path}`, GOOGLE_API_ROOT), { ...init, headers })
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`)
  return answer.json() as Promise<unknown>
}

/** No new conversations; every send that has begun comes to its end. */
/** What has begun is brought to its end; what has not is taken away, and what follows from it too, until nothing is left. */
async function untilNothingIsUnderWay({ db }: Runtime): Promise<void> {
  for (;;) {
    await db.execute(sql`
      delete from tasks where lease_until is null
        and (message_id is null or message_id not in (select id from messages where state = 'sending'))`)
    const [row] = await db.execute<{ busy: boolean }>(sql`
      select exists (select from tasks) or exists (select from messages where state = 'sending') as busy`)
    if (!row?.busy) return
    await delay(20)
  }
}

async function answers(url: string): Promise<boolean> {
  const { db, close } = connect(url, { poolSize: 1 })
  return db
    .execute(sql`select 1`)
    .then(
      () => true,
      () => false,
    )
    .finally(close)
}
