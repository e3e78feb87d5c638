import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { HEALTHS, type Health, judge, NO_EVIDENCE } from '../../src/domain/health.ts'
import { type SteeringFacts, steer } from '../../src/domain/steering.ts'

/** Evidence that is judged so. */
const EVIDENCE: Record<Health, { inbox: number; spam: number }> = {
  healthy: { inbox: 20, spam: 0 },
  watch: { inbox: 8, spam: 2 },
  throttled: { inbox: 60, spam: 40 },
  paused: { inbox: 40, spam: 60 },
}
const verdictOf = (health: Health) => judge({ ...NO_EVIDENCE, ...EVIDENCE[health] }, DEFAULT_ENGINE)

const facts = (changes: Partial<SteeringFacts> = {}): SteeringFacts => ({
  newHealth: changes.verdict?.health ?? 'healthy',
  today: '2026-03-10',
  ramp: DEFAULT_SETTINGS,
  restDays: 3,
  health: 'healthy',
  warmupDay: 9,
  sentThen: 12,
  restsUntil: null,
  verdict: verdictOf('healthy'),
  newEvidence: 10,
  ...changes,
})

describe('an account', () => {
  test.each([
    ['rises by a day while all is well', {}, { step: 'rise', warmupDay: 10, health: 'healthy' }],
    [
      'begins on the first day',
      { warmupDay: 0, sentThen: null, newEvidence: 0 },
      { step: 'begin', warmupDay: 1 },
    ],
    [
      'does not count a day on which it sent nothing',
      { sentThen: 0 },
      { step: 'hold', because: 'sent_nothing', warmupDay: 9 },
    ],
    [
      'does not rise while nothing new is known',
      { newEvidence: 0 },
      { step: 'hold', because: 'no_evidence', warmupDay: 9 },
    ],
    [
      'holds in watch',
      { verdict: verdictOf('watch') },
      { step: 'hold', because: 'watch', warmupDay: 9, health: 'watch' },
    ],
    [
      'goes a third of the way back when throttled',
      { verdict: verdictOf('throttled') },
      { step: 'lower', warmupDay: 6, health: 'throttled' },
    ],
    [
      'goes back from where the volume was full, however long ago',
      { verdict: verdictOf('throttled'), warmupDay: 300 },
      { step: 'lower', warmupDay: 16 },
    ],
    [
      'is not lowered again by evidence that it was lowered for',
      { verdict: verdictOf('throttled'), newEvidence: 0 },
      { step: 'hold', because: 'no_evidence', warmupDay: 9 },
    ],
    [
      'is not lowered again where what was learnt since is well',
      { verdict: verdictOf('throttled'), newHealth: 'healthy' },
      { step: 'hold', because: 'improving', warmupDay: 9, health: 'throttled' },
    ],
    [
      'is lowered again where what was learnt since is bad too',
      { verdict: verdictOf('throttled'), health: 'throttled', newHealth: 'watch' },
      { step: 'lower', warmupDay: 6 },
    ],
    [
      'holds on the first step when throttled',
      { verdict: verdictOf('throttled'), warmupDay: 1 },
      { step: 'hold', because: 'throttled', warmupDay: 1 },
    ],
    [
      'rests when paused',
      { verdict: verdictOf('paused') },
      { step: 'rest', restsUntil: '2026-03-13', health: 'paused', warmupDay: 9 },
    ],
    [
      'goes on resting',
      { restsUntil: '2026-03-11', health: 'paused' },
      { step: 'rest', restsUntil: '2026-03-11' },
    ],
    [
      'begins anew after its rest, throttled, with its evidence forgotten',
      { restsUntil: '2026-03-10', health: 'paused' },
      { step: 'resume', warmupDay: 1, health: 'throttled', forgetsEvidence: true, restsUntil: null },
    ],
    [
      'gets better by one grade a day: from throttled to watch',
      { health: 'throttled' },
      { step: 'hold', because: 'recovering', health: 'watch', warmupDay: 9 },
    ],
    [
      'gets better by one grade a day: from watch to healthy, and rises',
      { health: 'watch' },
      { step: 'rise', health: 'healthy', warmupDay: 10 },
    ],
  ] as const)('%s', (_, changes, steering) => {
    expect(steer(facts(changes))).toMatchObject(steering)
  })

  test('never rises without evidence, without mail or with a bad grade, and never by more than a day', () => {
    const anyFacts = fc.record({
      health: fc.constantFrom(...HEALTHS),
      warmupDay: fc.nat(400),
      sentThen: fc.option(fc.nat(3)),
      restsUntil: fc.option(fc.constantFrom('2026-03-09', '2026-03-10', '2026-03-11')),
      verdict: fc.constantFrom(...HEALTHS).map(verdictOf),
      newEvidence: fc.nat(3),
    })
    fc.assert(
      fc.property(anyFacts, (some) => {
        const { warmupDay, health } = steer(facts(some))
        const before = some.warmupDay
        if (warmupDay > Math.max(before, 1)) {
          expect([warmupDay, health, some.verdict.health]).toEqual([before + 1, 'healthy', 'healthy'])
          expect(some.newEvidence).toBeGreaterThan(0)
          expect(some.sentThen).not.toBe(0)
        }
      }),
    )
  })
})
