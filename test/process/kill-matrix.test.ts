import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check } from '../../src/chaos/check.ts'
import { readFacts } from '../../src/chaos/facts.ts'
import { sql } from '../../src/db/drizzle.ts'
import { TASK_KINDS, type TaskKind } from '../../src/domain/task.ts'
import { openDnsServer } from '../support/dns-server.ts'
import { type Effect, type FailPoint, pointName } from '../support/kills/fail-points.ts'
import { type KillProcess, startKillProcess } from '../support/kills/kill-process.ts'
import { expireTokens, newCast, SCENARIOS } from '../support/kills/kill-scenarios.ts'
import { openReceiver, type Receiver } from '../support/receiver.ts'
import { lapseRefreshLeases } from '../support/tokens.ts'
import { lapseLeases } from '../support/worker.ts'
import { BACKENDS, openWorld, type World } from '../support/world.ts'

/**
 * A kill after an effect and one before the next leave the same world behind. So the short matrix has one kill for each
 * such world: on the two backends in turn, or, of a kind with several scenarios, of which each backend has some, on the one that
 * has it. The whole matrix has both kills and all scenarios, on both, with a refresh in each.
 */
const IS_WHOLE = process.env.TEST_KILL_MATRIX === 'whole'
const isShared = (kind: TaskKind) => BACKENDS.length > 1 && Object.keys(SCENARIOS[kind]).length === 1
const isTurn = (backend: string, i: number) => i % BACKENDS.length === BACKENDS.indexOf(backend as never)
const scenariosOn = (backend: string) =>
  TASK_KINDS.flatMap((kind) =>
    Object.keys(SCENARIOS[kind])
      .filter((_, i) => IS_WHOLE || isShared(kind) || isTurn(backend, i))
      .map((name) => ({ kind, name })),
  )
/** A refresh is the same at the beginning of every kind of task: the short matrix kills at its boundaries there only. */
const REFRESHING: TaskKind = 'check'
/** What a slow process did besides, as handing out once more, may not come again: so many boundaries of a scenario. */
const MOST_BY_CHANCE = 1
const LONGEST_MS = IS_WHOLE ? 600_000 : 300_000

test('every kind of task has a scenario in which its process is killed', () => {
  expect(Object.keys(SCENARIOS).toSorted()).toEqual([...TASK_KINDS].toSorted())
  for (const kind of TASK_KINDS) expect(Object.keys(SCENARIOS[kind] ?? {})).not.toEqual([])
})

describe.each(BACKENDS)('with the queue on %s', (backend) => {
  let world: World
  let receiver: Receiver
  let dns: Awaited<ReturnType<typeof openDnsServer>>
  const processes: KillProcess[] = []
  let next: Promise<KillProcess>
  /** The process that lives on from one test to the next. */
  let heir: KillProcess | undefined
  let number = 0
  let lostRefreshes = 0
  let kills = 0

  beforeAll(async () => {
    dns = await openDnsServer({})
    // Time stands still, and what is used of a quota does not come back.
    const environment = { DNS_SERVERS: dns.address, GMAIL_UNITS_PER_MINUTE_PROJECT: '1000000000' }
    world = await openWorld({ backend, environment })
    world.sandbox.control.forcePlacement('inbox')
    receiver = await openReceiver()
    next = start()
  })
  afterAll(async () => {
    await next
    for (const process of processes) await process[Symbol.asyncDispose]()
    await world[Symbol.asyncDispose]()
    await receiver[Symbol.asyncDispose]()
    await dns[Symbol.asyncDispose]()
    console.info(`${kills} kills with the queue on ${backend}`)
  })

  async function start(): Promise<KillProcess> {
    const process = await startKillProcess(world, backend, new URL(receiver.url).origin)
    processes.push(process)
    return process
  }

  /** A fresh process; the one after it begins to start meanwhile. */
  async function successor(): Promise<KillProcess> {
    const process = await next
    next = start()
    return process
  }

  test.each(scenariosOn(backend))(
    'a process that is killed at any boundary of $kind ($name) loses and doubles nothing',
    async ({ kind, name }) => {
      const play = async (process: KillProcess, point: FailPoint | null) => {
        number += 1
        const { origin } = process
        const cast = await newCast(world, receiver, { origin, number })
        const verify = await (SCENARIOS[kind][name] as (typeof SCENARIOS.plan)[string])(cast)
        if (IS_WHOLE || kind === REFRESHING) await expireTokens(cast)
        process.points.arm(point)
        const isAlive = await settle(world, process)
        const effects = process.points.passed()
        if (!point) expect(isAlive).toBe(true)
        return { verify, effects, isAlive }
      }

      let process = heir ?? (await successor())
      heir = undefined
      // A test that failed may have left something behind.
      process.points.arm(null)
      await lapseLeases(world)
      await lapseRefreshLeases(world)
      await settle(world, process)
      const whole = await play(process, null)
      await whole.verify()
      const { effects } = whole
      expect(effects.length).toBeGreaterThan(2)
      const byChance: string[] = []
      for (const point of pointsOf(effects, kind, backend)) {
        let victim = await play(process, point)
        // An effect may come once less often than the time before.
        for (let tries = 1; victim.isAlive && tries < 3; tries += 1) victim = await play(process, point)
        const { verify, isAlive } = victim
        if (isAlive) {
          byChance.push(pointName(point))
          expect(byChance.length, `never ${byChance.join(', nor ')}`).toBeLessThanOrEqual(MOST_BY_CHANCE)
          console.info(`not killed ${pointName(point)}, which was passed by chance`)
          await verify()
          continue
        }
        kills += 1
        if (losesRefresh(victim.effects, point)) lostRefreshes += 1
        await process.gone
        process = await successor()
        process.points.arm(null)
        await lapseLeases(world)
        await lapseRefreshLeases(world)
        await settle(world, process)
        const facts = await readFacts(world.runtime.db, {
          ledger: world.sandbox.control.ledger(),
          now: world.clock.now(),
          mayLoseAnswers: lostRefreshes,
        })
        expect(check(facts), `after a kill ${pointName(point)}`).toEqual([])
        expect(draftsIn(world), `after a kill ${pointName(point)}`).toEqual([])
        await verify()
      }
      heir = process
    },
    LONGEST_MS,
  )
})

/** The kills of one backend. */
function pointsOf(effects: readonly Effect[], kind: TaskKind, backend: string): FailPoint[] {
  if (IS_WHOLE)
    return effects.flatMap((effect) => [
      { ...effect, edge: 'before' as const },
      { ...effect, edge: 'after' as const },
    ])
  const [first] = effects
  const all: FailPoint[] = [
    ...(first ? [{ ...first, edge: 'before' as const }] : []),
    ...effects.map((effect) => ({ ...effect, edge: 'after' as const })),
  ]
  return isShared(kind) ? all.filter((_, i) => isTurn(backend, i)) : all
}

/**
 * Google’s answer to a refresh was there or on its way, and was not kept: it is the last that the process did, or the last
 * but what it did not live to do.
 */
function losesRefresh(effects: readonly Effect[], { edge }: FailPoint): boolean {
  return effects.at(edge === 'after' ? -1 : -2)?.effect === 'POST /token'
}

/** Hands out and waits until nothing is due. False where the process died. */
async function settle({ runtime, clock }: World, process: KillProcess): Promise<boolean> {
  for (;;) {
    if ((await process.dispatch()) === null) return false
    while (await isBusy(runtime)) {
      if (process.points.isDead()) return false
      await delay(2)
    }
    if (process.points.isDead()) return false
    const due = await runtime.warmup.store.tasks.nextDueAt()
    if (due === null || due > clock.now()) return true
  }
}

async function isBusy({ db }: World['runtime']): Promise<boolean> {
  const [row] = await db.execute<{ busy: boolean }>(
    sql`select exists (select from tasks where lease_until is not null) as busy`,
  )
  return row?.busy === true
}

function draftsIn({ sandbox: { control } }: World) {
  return control
    .mailboxes()
    .flatMap((mailbox) => control.messages(mailbox))
    .filter(({ labels }) => labels.includes('DRAFT'))
}
