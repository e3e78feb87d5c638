import { expect, test } from 'vitest'
import { GOOGLE_FAULTS } from '../../src/chaos/google-faults.ts'
import { schedule } from '../../src/chaos/schedule.ts'

const tenMinutes = (seed: number, queue: 'redis' | 'postgres') => schedule({ seed, queue, lengthMs: 600_000 })

test('the same seed makes the same faults, and another seed others', () => {
  expect(tenMinutes(1, 'redis')).toEqual(tenMinutes(1, 'redis'))
  expect(tenMinutes(1, 'redis')).not.toEqual(tenMinutes(2, 'redis'))
})

test('ten minutes hold every kind of fault, in order, and those of Redis only where there is one', () => {
  const onRedis = tenMinutes(1, 'redis')
  expect(onRedis.map(({ atMs }) => atMs)).toEqual(onRedis.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
  expect(new Set(onRedis.map(({ kind }) => kind))).toEqual(
    new Set([
      'worker killed',
      'worker stopped',
      'worker frozen',
      'redis flushed',
      'redis killed',
      'redis paused',
      'postgres restarted',
      'sessions ended',
      'connections cut',
      'google fails',
      'google is away',
    ]),
  )
  const asked = onRedis.flatMap((one) => (one.kind === 'google fails' ? [one.how] : []))
  expect(new Set(asked)).toEqual(new Set(Object.keys(GOOGLE_FAULTS)))
  const freezes = onRedis.flatMap((one) => (one.kind === 'worker frozen' ? [one.lengthMs] : []))
  expect(Math.max(...freezes)).toBeGreaterThan(30_000)
  const onPostgres = tenMinutes(1, 'postgres')
  expect(onPostgres.filter((one) => one.kind.startsWith('redis'))).toEqual([])
  expect(onPostgres.filter((one) => one.kind === 'connections cut' && one.to === 'redis')).toEqual([])
})

test('a run of half a minute has something of each family', () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const kinds = schedule({ seed, queue: 'redis', lengthMs: 25_000 }).map(({ kind }) => kind.split(' ')[0])
    expect(new Set(kinds)).toEqual(new Set([...kinds, 'worker', 'redis', 'postgres', 'google']))
  }
})
