import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import type { HandedMail } from '../../src/domain/handed-mail.ts'
import { openFleet, type WorkerProcess } from '../support/fleet.ts'
import { openReceiver } from '../support/receiver.ts'
import { emptyRedis, redisUrl } from '../support/redis.ts'
import { connectCheaply } from '../support/tokens.ts'
import { BACKENDS } from '../support/world.ts'

/** The whole of it (`TEST_INBOX=whole`) takes some minutes. */
const IS_WHOLE = process.env.TEST_INBOX === 'whole'
const ACCOUNTS = IS_WHOLE ? 200 : 20
const MAILS_OF_ONE = 50
const KILL_EVERY_MS = 2500
const LEAST_KILLS = 2
const DELIVERIES_A_STEP = 40

const FOUR_MINUTES = 240_000

// Dead workers' leases are waited for, half a minute each time: the short one is on one queue.
test.each(IS_WHOLE ? BACKENDS : BACKENDS.slice(-1))(
  'mail that comes in while workers are killed at random is kept exactly once, and handed on at least once, in order: the queue on %s',
  { timeout: 3 * FOUR_MINUTES },
  async (backend) => {
    await using receiver = await openReceiver()
    await using fleet = await openFleet({
      speed: 60,
      redisUrl: backend === 'redis' ? redisUrl() : null,
      environment: { SYNC_EVERY_MINUTES: '3', SYNC_MAILS_PER_ROUND: '10' },
    })
    const { runtime, sandbox } = fleet
    const { store, clock, notifier } = runtime.warmup
    await store.mailRoutes.add({
      name: 'all',
      accountId: null,
      class: null,
      sender: '',
      subject: '',
      label: '',
      target: 'webhook',
      destination: 'here',
      webhook: { url: receiver.url, secret: notifier.newWebhookSecret() },
      now: clock.now(),
    })
    const emails = Array.from({ length: ACCOUNTS }, (_, n) => `account-${n}@example.com`)
    for (const email of emails) {
      sandbox.control.createMailbox(email)
      await connectCheaply(fleet, email, { settings: { kind: 'vault' } })
    }

    const workers = await Promise.all([fleet.start(), fleet.start()])
    let isDelivering = true
    const killing = killNowAndThen(fleet, workers, (kills) => isDelivering || kills < LEAST_KILLS)
    const toDeliver = emails.flatMap((email) =>
      Array.from({ length: MAILS_OF_ONE }, (_, n) => ({ email, n })),
    )
    const inTurn = toDeliver.sort((a, b) => a.n - b.n)
    for (const [count, { email, n }] of inTurn.entries()) {
      sandbox.control.deliverForeign(email, {
        from: 'carl@elsewhere.example',
        subject: String(n),
        text: 'Hi',
      })
      // In the middle Gmail forgets what was before.
      if (n === MAILS_OF_ONE / 2) sandbox.control.forgetHistory(email)
      if (count % DELIVERIES_A_STEP === 0) await delay(IS_WHOLE ? 120 : 250)
    }
    isDelivering = false
    const kills = await killing
    console.info(`${inTurn.length} mails, ${kills} workers killed, the queue on ${backend}`)

    const firstTimes = () => {
      const byAccount = new Map<string, string[]>()
      const seen = new Set<string>()
      for (const { id, body } of receiver.received) {
        if (seen.has(id)) continue
        seen.add(id)
        const { account, message } = JSON.parse(body) as HandedMail
        byAccount.set(account.email, [...(byAccount.get(account.email) ?? []), message.subject])
      }
      return byAccount
    }
    await expect
      .poll(() => receiver.received.length >= inTurn.length && [...firstTimes().values()].flat().length, {
        timeout: FOUR_MINUTES,
        interval: 500,
      })
      .toBe(inTurn.length)

    const wanted = Array.from({ length: MAILS_OF_ONE }, (_, n) => String(n))
    const handed = firstTimes()
    for (const email of emails) expect([email, handed.get(email)]).toEqual([email, wanted])
    const kept = await runtime.db.execute<{ email: string; subjects: string[] }>(sql`
      select a.email, array_agg(m.subject order by m.id) as subjects
      from email_messages m join accounts a on a.id = m.account_id group by 1`)
    expect(kept).toHaveLength(ACCOUNTS)
    for (const { email, subjects } of kept) expect([email, subjects]).toEqual([email, wanted])
    for (const worker of workers) await worker.stop()
    if (backend === 'redis') await emptyRedis()
  },
)

async function killNowAndThen(
  fleet: Awaited<ReturnType<typeof openFleet>>,
  workers: WorkerProcess[],
  goesOn: (kills: number) => boolean,
): Promise<number> {
  let kills = 0
  while (goesOn(kills)) {
    await delay(KILL_EVERY_MS)
    const index = randomInt(workers.length)
    await workers[index]?.stop('SIGKILL')
    workers[index] = await fleet.start()
    kills += 1
  }
  return kills
}
