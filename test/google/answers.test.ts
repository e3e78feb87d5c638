import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GoogleError } from '../../src/domain/errors.ts'
import { ANSWERS, type AnswerLine } from '../../src/google/answers.ts'
import { openGoogle, PATHS, rejectionOf } from '../support/google.ts'

type Fault = {
  status?: number
  reason?: string
  message?: string
  headers?: Record<string, string>
  body?: unknown
  drop?: 'before' | 'after'
}

const HTML = '<!doctype html><title>Error</title>'
/** What the simulated Google is told to answer, for each line of the table by its name. */
const EXAMPLES: Record<string, Fault[]> = {
  success: [],
  'success without what was asked for': [
    { status: 200, body: HTML },
    { status: 200, body: '{}' },
    { status: 200, body: '[]' },
    { status: 200, body: '{"id"' },
  ],
  'no answer': [{ drop: 'before' }, { drop: 'after' }],
  'failure of Google': [
    { status: 500 },
    { status: 502, body: HTML },
    { status: 503, headers: { 'retry-after': '7' } },
    { status: 504, body: '' },
  ],
  'request took too long': [{ status: 408, body: HTML }],
  'access token refused': [
    { status: 401, reason: 'authError' },
    { status: 401, body: HTML },
  ],
  'mail sending limit': [{ status: 429, message: 'User-rate limit exceeded. (Mail sending)' }],
  'too much asked': [
    { status: 429 },
    { status: 429, body: HTML },
    { status: 429, message: 'Too many concurrent requests for user.' },
  ],
  'daily limit': [
    { status: 403, reason: 'dailyLimitExceeded' },
    { status: 403, reason: 'quotaExceeded' },
  ],
  'rate limit': [
    { status: 403, reason: 'rateLimitExceeded' },
    { status: 403, reason: 'userRateLimitExceeded' },
    { status: 403, body: { error: { code: 403, message: 'm', status: 'RESOURCE_EXHAUSTED' } } },
  ],
  'domain policy': [{ status: 403, reason: 'domainPolicy' }],
  'Gmail API is off in the Cloud project': [
    { status: 403, reason: 'accessNotConfigured' },
    { status: 403, body: { error: { code: 403, details: [{ reason: 'SERVICE_DISABLED' }] } } },
  ],
  'scopes do not suffice': [
    { status: 403, reason: 'insufficientPermissions' },
    { status: 403, body: { error: { code: 403, details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }] } } },
  ],
  'mail is turned off': [{ status: 400, reason: 'failedPrecondition', message: 'Mail service not enabled' }],
  'not found': [{ status: 404 }],
  'changed by somebody else at once': [{ status: 409, reason: 'aborted' }],
  refused: [
    { status: 400, reason: 'invalidArgument' },
    { status: 400, reason: 'failedPrecondition', message: 'Precondition check failed.' },
    { status: 403, reason: 'forbidden' },
    { status: 409, reason: 'alreadyExists' },
    { status: 412, reason: 'conditionNotMet' },
    { status: 413, reason: 'uploadTooLarge' },
  ],
  'session has ended': [{ status: 400, body: { error: 'invalid_grant', error_subtype: 'invalid_rapt' } }],
  'account is gone': [{ status: 400, reason: 'invalid_grant', message: 'Account has been deleted' }],
  'grant is dead': [{ status: 400, reason: 'invalid_grant', message: 'Token has been expired or revoked.' }],
  'policy of the organisation': [{ status: 400, reason: 'admin_policy_enforced' }],
  'OAuth asks to wait': [
    { status: 403, reason: 'rate_limit_exceeded' },
    { status: 400, reason: 'slow_down' },
  ],
  'OAuth client refused': [
    { status: 401, reason: 'invalid_client' },
    { status: 400, reason: 'unauthorized_client' },
    { status: 401, reason: 'deleted_client' },
    { status: 401, reason: 'disabled_client' },
    { status: 400, reason: 'unsupported_grant_type' },
  ],
  'revoked already': [{ status: 400, reason: 'invalid_token' }],
  'unknown error of OAuth': [{ status: 400, reason: 'something_new' }],
  'not in Google’s form': [
    { status: 400, body: HTML },
    { status: 403, body: HTML },
    { status: 404, body: '' },
    { status: 407, body: '{"error":7}' },
  ],
  'neither success nor error': [{ status: 300, body: '{}' }],
}

const PAUSES = { 'five minutes': 5, 'an hour': 60, 'a day': 24 * 60 }

test('every line of the table has an example, and a name of its own', () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual(ANSWERS.map(({ name }) => name).toSorted())
})

test.each(ANSWERS)('$name: $meaning', async (line) => {
  await using google = await openGoogle()
  for (const of of line.of) {
    for (const fault of EXAMPLES[line.name] ?? []) {
      google.sandbox.control.addFault({ path: PATHS[of], ...fault })
      expectMeaning(line, await rejectionOf(google.ask[of]()), `${of} ${JSON.stringify(fault)}`)
    }
    if (line.status === '2xx') expect(await rejectionOf(google.ask[of]()), of).toBeNull()
  }
  expect(google.sandbox.control.faults()).toEqual([])

  function expectMeaning(line: AnswerLine, error: unknown, what: string) {
    if (line.meaning === 'done') return expect(error, what).toBeNull()
    expect(error, what).toBeInstanceOf(GoogleError)
    const now = google.clock.now().getTime()
    const { problem, mayBeDone, grantFailure, retryAt } = error as GoogleError
    expect({ problem, mayBeDone, grantFailure }, what).toEqual({
      problem: line.problem,
      mayBeDone: line.meaning === 'unknown',
      grantFailure: line.failure ?? null,
    })
    if (line.pause) expect(retryAt?.getTime(), what).toBe(now + PAUSES[line.pause] * 60_000)
  }
})

test('an answer that names its time is believed before the pause of its line', async () => {
  await using google = await openGoogle()
  google.sandbox.control.addFault({
    path: PATHS.gmail,
    status: 429,
    message: 'User-rate limit exceeded.  Retry after 2026-03-02T12:30:00.500Z (Mail sending)',
  })
  expect(await rejectionOf(google.ask.gmail())).toMatchObject({
    problem: 'rate_limited',
    retryAt: new Date('2026-03-02T12:30:00.500Z'),
  })
})

test('the description of Google’s answers has every line of the table', () => {
  const rows = readFileSync('docs/google-answers.md', 'utf8')
    .split('\n')
    .filter((row) => row.startsWith('| ['))
    .map((row) => row.split('|').slice(1, -1))
  const inCode = (text: string) => `\`${text}\``
  const expected = ANSWERS.map(({ name, of, status, codes = [], meaning, problem, pause = '', source }) => [
    `[${name}](${source})`,
    of.join(', '),
    String(status),
    codes.map(inCode).join(' '),
    meaning,
    problem ? inCode(problem) : '',
    pause,
  ])
  expect(rows.map((cells) => cells.map((cell) => cell.trim()))).toEqual(expected)
})

test('no code but the table’s reader decides by a status of HTTP', () => {
  const decides = /\bstatus(Code)?\b\s*(?:[=!]==?|[<>]=?)\s*\d|\.ok\b|case\s+[1-5]\d\d\b/
  const offenders = ['src/google', 'src/warmup', 'src/domain']
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file))))
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => file !== 'src/google/problems.ts' && decides.test(readFileSync(file, 'utf8')))
  expect(offenders).toEqual([])
})
