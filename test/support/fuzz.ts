import fc from 'fast-check'

/**
 * How a property is run. FUZZ_TIMES multiplies the runs for a long search, and FUZZ_SEED begins it elsewhere: fast-check
 * prints the seed and the path of what fails.
 */
export function fuzzing(runs: number): { numRuns: number; seed?: number } {
  const { FUZZ_TIMES, FUZZ_SEED } = process.env
  return {
    numRuns: runs * Number(FUZZ_TIMES ?? 1),
    ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
  }
}

/** Long enough for the runs that were asked for. */
export const FUZZ_TIMEOUT_MS = 180_000 * Number(process.env.FUZZ_TIMES ?? 1)

/** What has broken programs before. */
export const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\r\nBcc: x@example.com',
  'a\r\n\r\nb',
  '\u2028',
  '\u202Eevil',
  '\uFEFF',
  '\uD800',
  'x\uDFFF',
  '👩‍👩‍👧‍👦',
  'é'.repeat(300),
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-1',
  '0',
  '1e309',
  '0x10',
  '9007199254740993',
  '99999999999999999999',
  '2147483648',
  '-0',
  '1.5',
  '٣',
  '%00',
  '%ED%A0%80',
  '%',
  "'; drop table accounts; --",
  "' or '1'='1",
  '\\',
  '$1',
  '{{recipient}}',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '<%= 1 %>',
  '../../etc/passwd',
  '//evil.example',
  'javascript:alert(1)',
  '2020-01-01T00:00Z[Europe/Berlin]',
  'Europe/Berlin',
  'europe/berlin',
  '00:00-24:00',
  '9999-12-31',
  '2026-02-30',
  '0000-01-01..9999-12-31',
  'http://[::1]:1/x',
  'http://user:pw@example.com',
  'anna@example.com',
  '(a+)+$',
  'a,'.repeat(500),
  'x'.repeat(5000),
]

export const oddText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: -5, max: 5000 }).map(String) },
)

const oddNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 1, -1, 2 ** 31, 2 ** 31 - 1, 2 ** 53, 1e308, 0.1),
)

/** Anything that JSON can say, with keys that a prototype has, and deep at times. */
export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(oddText, oddNumber, fc.constantFrom(null, true, false)) },
  { weight: 2, arbitrary: fc.array(fc.oneof(oddText, oddNumber, fc.constant(null)), { maxLength: 60 }) },
  { weight: 2, arbitrary: fc.dictionary(oddText, fc.oneof(oddText, oddNumber), { maxKeys: 8 }) },
  { weight: 1, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3000 }).map(nested) },
)

function nested(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth))
}
