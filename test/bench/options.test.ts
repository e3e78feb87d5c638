import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PART_NAMES, readOptions } from '../../src/bench/options.ts'
import { OperatorError } from '../../src/domain/errors.ts'

describe('the options of the benchmark', () => {
  test('have defaults: everything, on both queues', () => {
    expect(readOptions([])).toEqual({
      parts: PART_NAMES,
      backends: ['redis', 'postgres'],
      latencies: [0, 50, 100],
      concurrency: 20,
      accounts: 2000,
      warmups: 2000,
      profile: null,
      listsStatements: false,
    })
  })

  test('choose parts, latencies and one queue', () => {
    const args = '--only rest,warmups --latency 5,0 --backend postgres --profile out.cpuprofile --statements'
    expect(readOptions(args.split(' '))).toMatchObject({
      parts: ['rest', 'warmups'],
      latencies: [5, 0],
      backends: ['postgres'],
      profile: resolve('out.cpuprofile'),
      listsStatements: true,
    })
  })

  test.each([
    [['--only', 'rest,mails'], '--only mails: expected one of start, rest, warmups'],
    [['--only', ''], '--only : expected one of start, rest, warmups'],
    [['--backend', 'mysql'], '--backend mysql: expected redis, postgres or both'],
    [['--latency', '0,-5'], '--latency -5: expected a whole number from 0 to 10000'],
    [['--latency', '1.5'], '--latency 1.5: expected a whole number from 0 to 10000'],
    [['--concurrency', '501'], '--concurrency 501: expected a whole number from 1 to 500'],
    [['--accounts', '3'], '--accounts 3: expected a whole number from 4 to 100000'],
    [['--warmups', 'many'], '--warmups many: expected a whole number from 10 to 1000000'],
    [['--profile', 'out.json'], '--profile out.json: expected the name of a .cpuprofile file'],
    [['--speed', '2'], "Unknown option '--speed'"],
    [['redis'], "Unexpected argument 'redis'"],
  ])('are refused where they make no sense: %s', (args, words) => {
    expect(() => readOptions(args)).toThrow(OperatorError)
    expect(() => readOptions(args)).toThrow(words)
  })
})
