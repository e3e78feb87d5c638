import { describe, expect, test } from 'vitest'
import { OperatorError } from '../../src/domain/errors.ts'
import { commandOf, fileNameOf, readOptions } from '../../src/rehearsal/options.ts'

describe('the options of a rehearsal', () => {
  test('have defaults, and are told again as they are typed', () => {
    const options = readOptions([])
    expect(options).toEqual({ warmup: 5, pool: 15, days: 30, seed: 1, spells: [], out: null })
    expect(readOptions(commandOf(options).split(' ').slice(4))).toEqual(options)
    const spelled = readOptions(['--spam', '2:8-12', '--spam', '5:1-1'])
    expect(readOptions(commandOf(spelled).split(' ').slice(4))).toEqual(spelled)
    expect(fileNameOf(spelled)).toBe('warmup-5-pool-15-days-30-seed-1-spam-2-8-12-spam-5-1-1.html')
  })

  test.each([
    [['--warmup', '0'], '--warmup 0: expected a whole number from 1 to 200'],
    [['--days', 'many'], '--days many: expected a whole number from 1 to 365'],
    [['--seed', '1.5'], '--seed 1.5: expected a whole number from 0 to 2147483647'],
    [['--spam', '2'], '--spam 2: expected the number of a warmup account and its days, such as 2:8-12'],
    [['--spam', '6:1-2'], '--spam 6:1-2: expected one of the warmup accounts 1 to 5'],
    [['--spam', '1:9-8'], '--spam 1:9-8: expected days from 1 to 30, the first one first'],
    [['--spam', '1:9-31'], '--spam 1:9-31: expected days from 1 to 30, the first one first'],
    [['--out', 'report.pdf'], '--out report.pdf: expected the name of an .html file'],
    [['--speed', '2'], "Unknown option '--speed'"],
  ])('are refused where they make no sense: %s', (args, words) => {
    expect(() => readOptions(args)).toThrow(OperatorError)
    expect(() => readOptions(args)).toThrow(words)
  })
})
