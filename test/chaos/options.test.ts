import { describe, expect, test } from 'vitest'
import { commandOf, readOptions } from '../../src/chaos/options.ts'
import { OperatorError } from '../../src/domain/errors.ts'

describe('the options of a run of faults', () => {
  test('have defaults, and are told again as they are typed', () => {
    expect(readOptions([])).toEqual({ minutes: 10, seed: 1, queues: ['redis', 'postgres'] })
    const command = commandOf({ minutes: 0.5, seed: 7, queue: 'postgres' })
    expect(readOptions(command.split(' ').slice(4))).toEqual({ minutes: 0.5, seed: 7, queues: ['postgres'] })
  })

  test.each([
    [['--minutes', '0'], '--minutes 0: expected a number from 0.2 to 1440'],
    [['--minutes', 'ten'], '--minutes ten: expected a number from 0.2 to 1440'],
    [['--seed', '-1'], "Option '--seed' argument is ambiguous"],
    [['--seed', '1.5'], '--seed 1.5: expected a whole number from 0 to 2147483647'],
    [['--backend', 'mysql'], '--backend mysql: expected one of redis, postgres'],
    [['--speed', '2'], "Unknown option '--speed'"],
  ])('are refused where they make no sense: %s', (args, words) => {
    expect(() => readOptions(args)).toThrow(OperatorError)
    expect(() => readOptions(args)).toThrow(words)
  })
})
