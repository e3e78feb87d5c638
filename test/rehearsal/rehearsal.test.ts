import { Redis } from 'ioredis'
import { describe, expect, inject, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { createLogger } from '../../src/logger.ts'
import { type Figures, readFigures } from '../../src/rehearsal/figures.ts'
import type { RehearsalOptions } from '../../src/rehearsal/options.ts'
import { rehearse, START } from '../../src/rehearsal/rehearse.ts'
import { openStage, type Stage } from '../../src/rehearsal/stage.ts'
import { freshDatabase } from '../support/database.ts'
import { BACKENDS } from '../support/world.ts'

type Rehearsed = { plan: { text_seed: number }[]; steering: unknown[]; figures: Figures; broken: unknown[] }
type Play = Pick<RehearsalOptions, 'warmup' | 'pool' | 'days' | 'seed' | 'spells'> & {
  concurrency?: number
  redisUrl?: string
}

async function perform(play: Play): Promise<Rehearsed> {
  const closers: (() => Promise<void>)[] = []
  const broken: unknown[] = []
  const log = createLogger('silent')
  log.error = (fields: unknown) => void broken.push(fields)
  const database = await freshDatabase()
  try {
    const stage = await openStage({
      ...play,
      databaseUrl: database.url,
      start: START,
      log,
      onStop: (close) => void closers.push(close),
    })
    await rehearse(stage, play)
    return {
      plan: await planOf(stage),
      steering: await steeringOf(stage),
      figures: await readFigures(stage.runtime, play.days),
      broken,
    }
  } finally {
    for (const close of closers.reverse()) await close()
    await database.drop()
  }
}

/** Every message with what was planned and what became of it; ids and random names aside. */
async function planOf({ runtime }: Stage): Promise<Rehearsed['plan']> {
  return [
    ...(await runtime.db.execute<{ text_seed: number }>(sql`
      select sender_id, recipient_id, turn, text_key, text_seed, subject, planned_for, plan_facts, state, sent_at,
        placement, placed_at, decisions, opened_at, handled_at
      from messages order by sender_id, planned_for, recipient_id, text_seed, turn`)),
  ]
}

async function steeringOf({ runtime }: Stage): Promise<unknown[]> {
  return [
    ...(await runtime.db.execute(sql`
      select account_id, day, warmup_day, volume, planned, health, inbox, tabs, spam from account_days order by 1, 2`)),
    ...(await runtime.db.execute(sql`
      select account_id, at, data from events where kind = 'steered' order by account_id, at`)),
  ]
}

const seedsOf = ({ plan }: Rehearsed) => new Set(plan.map(({ text_seed }) => text_seed))

const SMALL = { warmup: 2, pool: 4, days: 6, spells: [] }

describe('a rehearsal', () => {
  test('of the same seed is the same to the last mail, however many tasks run at once; of another it is not', async () => {
    const one = await perform({ ...SMALL, seed: 1, concurrency: 1 })
    const same = await perform({ ...SMALL, seed: 1, concurrency: 12 })
    const other = await perform({ ...SMALL, days: 2, seed: 2 })
    expect(one.plan.length).toBeGreaterThan(50)
    expect(same.plan).toEqual(one.plan)
    expect(same.steering).toEqual(one.steering)
    expect(other.plan.length).toBeGreaterThan(10)
    expect([...seedsOf(one)].filter((seed) => seedsOf(other).has(seed))).toEqual([])
    expect([one.broken, same.broken, other.broken]).toEqual([[], [], []])
  })

  test('shows how a sender is throttled whose mail goes to spam for five days, and how it recovers', async () => {
    const spells = [{ sender: 1, firstDay: 8, lastDay: 12 }]
    const { figures } = await perform({ warmup: 1, pool: 3, days: 19, seed: 1, spells })
    const spam = figures.senderDays.filter(({ day }) => day >= '2026-03-10' && day <= '2026-03-11')
    expect(spam.map(({ inbox, tabs }) => inbox + tabs)).toEqual([0, 0])
    expect(Math.min(...spam.map((day) => day.spam))).toBeGreaterThan(0)

    const since = figures.steering.filter(({ at }) => at > new Date('2026-03-10'))
    expect(since.map(({ data: { step, from, to } }) => `${from} → ${to}: ${step}`)).toEqual([
      'healthy → watch: hold',
      'watch → throttled: lower',
      'throttled → paused: rest',
      'paused → throttled: resume',
      'throttled → watch: hold',
      'watch → healthy: rise',
    ])
    const [watch, throttled, rest] = since.map(({ data }) => data)
    expect(Number(watch?.bad) / Number(watch?.all)).toBeGreaterThan(DEFAULT_ENGINE.watchShare)
    expect(throttled?.low).toBeGreaterThan(DEFAULT_ENGINE.throttleShare)
    expect(rest?.low).toBeGreaterThan(DEFAULT_ENGINE.pauseShare)

    const on = (day: string) => figures.senderDays.find((each) => each.day === day)
    expect(on('2026-03-11')?.planned).toBeLessThan(Number(on('2026-03-10')?.planned))
    expect(on('2026-03-13')?.planned ?? 0).toBe(0)
    expect(on('2026-03-16')?.warmupDay).toBe(1)
    expect(figures.accounts[0]?.health).toBe('healthy')
  })

  test.skipIf(!BACKENDS.includes('redis'))('leaves nothing behind in a Redis that it was given', async () => {
    const redisUrl = inject('redisUrl') as string
    const redis = new Redis(redisUrl)
    const { figures } = await perform({ ...SMALL, days: 1, seed: 1, redisUrl })
    const left = await redis.keys('kindling-rehearsal*')
    await redis.quit()
    expect(figures.accounts.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThan(5)
    expect(left).toEqual([])
  })
})
