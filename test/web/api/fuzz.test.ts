import { request } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { API_SCOPES } from '../../../src/domain/api-key.ts'
import type { Operation } from '../../../src/web/api/operation.ts'
import { OPERATIONS } from '../../../src/web/api/operations.ts'
import { fingerprint } from '../../support/fingerprint.ts'
import { FUZZ_TIMEOUT_MS, fuzzing, oddJson, oddText } from '../../support/fuzz.ts'
import { keepMail } from '../../support/kept-mail.ts'
import { openApi } from './caller.ts'

const EMAIL = 'anna@example.com'
/** A key’s calls and the first of a minute leave their time in its row. */
const KEYS = { except: ['api_keys'] }
/** Fewer than a key may make in a minute of the operation that allows the fewest. */
const CALLS_PER_KEY = 50

/** Values that are right here and there, so that not everything ends at the first check. */
const RIGHT: Record<string, readonly unknown[]> = {
  account: ['1', EMAIL, '2', 'nobody@example.com'],
  email: [EMAIL, 'nobody@example.com'],
  client_id: ['kindling-test'],
  client_secret: ['kindling-test-secret'],
  refresh_token: ['1//made-up'],
  kind: ['vault', 'pool', 'warmup'],
  valid_for_minutes: [1, 43_200],
  extra_scopes: [['calendar.readonly'], []],
  limit: ['1', '200'],
  after: ['1', '9007199254740991'],
  status: ['active'],
  min_valid_minutes: ['1', '55'],
  message: ['1', '2', '9007199254740991'],
  class: ['reply', 'other'],
  q: ['mail', '%', 'a\0b'],
  since: [
    '2026-03-02T06:00:00Z',
    '2026-03-02T06:00:00+14:00',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-23:59',
  ],
}

const keysOf = (shape?: z.ZodObject) => Object.keys(shape?.shape ?? {})
const inAddress = oddText.map((text) => text.toWellFormed())
const rightOr = (name: string, odd: fc.Arbitrary<unknown>) =>
  fc.oneof(...(RIGHT[name] ? [{ weight: 3, arbitrary: fc.constantFrom(...RIGHT[name]) }] : []), {
    weight: 2,
    arbitrary: odd,
  })

/** Some of the fields that it knows, and now and then one that it does not know. */
function fieldsOf(names: readonly string[], odd: fc.Arbitrary<unknown>) {
  const known = fc.record(Object.fromEntries(names.map((name) => [name, rightOr(name, odd)])), {
    requiredKeys: [],
  })
  const unknown = fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.tuple(oddText, odd), { maxLength: 3 }) },
  )
  return fc
    .tuple(known, unknown)
    .map(([fields, more]) => Object.fromEntries([...Object.entries(fields), ...more]))
}

function callOf(operation: Operation) {
  const path = fc.record(
    Object.fromEntries(
      [...operation.route.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, rightOr(name, inAddress)]),
    ),
  )
  const body = fc.oneof(
    { weight: 3, arbitrary: fieldsOf(keysOf(operation.body), oddJson) },
    { weight: 1, arbitrary: oddJson },
  )
  return fc.record({
    method: fc.constant(operation.method.toUpperCase()),
    path: path.map((values) =>
      operation.route.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(values[name]))),
    ),
    query: fieldsOf(keysOf(operation.query), inAddress).map((fields) =>
      new URLSearchParams(
        Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString(),
    ),
    body: operation.method === 'get' ? fc.constant(undefined) : body,
  })
}

const anyCall = fc.oneof(
  ...OPERATIONS.map((operation) => ({
    weight: 1 + keysOf(operation.query).length + keysOf(operation.body).length,
    arbitrary: callOf(operation),
  })),
)

test('whatever is asked of the API, it answers as it is described, and what it refuses it has not begun', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  await using api = await openApi()
  await api.world.connect(EMAIL)
  const { db } = api.world.runtime
  await keepMail(db, 1, [{}, { class: 'reply' }])
  const statuses = new Map<number, number>()
  let calls = 0
  let key = ''

  await fc.assert(
    fc.asyncProperty(anyCall, async ({ method, path, query, body }) => {
      if (calls % CALLS_PER_KEY === 0) key = await api.issueKey(API_SCOPES)
      calls += 1
      const before = await fingerprint(db, KEYS)
      // Every answer is checked against the API’s own description.
      const reply = await api.call(method, `/v1${path}?${query}`, { key, body })
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
      expect(api.site.errors).toEqual([])
      expect(reply.status).toBeLessThan(500)
      if (reply.problem === 'invalid_request')
        for (const { expected, problem } of reply.body.errors) expect([expected, problem]).not.toContain('')
      if (reply.status < 400) return
      expect(reply.text.length).toBeLessThan(30_000)
      expect(await fingerprint(db, KEYS)).toEqual(before)
    }),
    fuzzing(400),
  )
  for (const status of [200, 422]) expect(statuses.get(status) ?? 0).toBeGreaterThan(20)
})

test('bytes of any kind as a body, and headers of any kind, are the caller’s mistake at most', {
  timeout: FUZZ_TIMEOUT_MS,
}, async () => {
  await using api = await openApi()
  const { db } = api.world.runtime
  const before = await fingerprint(db, KEYS)
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc
      .constantFrom('{"kind":', '[[[', '"\\ud800"', '{"a":1}{"b":2}', '\uFEFF{}', '1e999', 'nul')
      .map((text) => Buffer.from(text)),
    fc
      .constantFrom(5, 9000, 19_000)
      .map((depth) => Buffer.from('{"kind":'.repeat(depth / 5).padEnd(depth, '['))),
  )
  const headers = fc.record(
    {
      'content-type': fc.constantFrom(
        'application/json',
        'application/json; charset=utf-16',
        'text/json',
        '',
        ';',
      ),
      'content-encoding': fc.constantFrom('gzip', 'br', 'deflate', 'identity', 'x', ''),
      authorization: fc.constantFrom(
        'Bearer',
        'Bearer ',
        `Bearer ${' '.repeat(5000)}x y`,
        'Basic YTpi',
        'Bearer \u00ff',
      ),
      cookie: fc.constantFrom('kindling=', 'kindling=s%3A%E0%A4%A', `${'a=b; '.repeat(500)}`, '=;='),
      'x-forwarded-for': fc.constantFrom('1.2.3.4', 'x'.repeat(500)),
      'accept-language': fc.string({
        unit: fc.constantFrom('a', ',', ';', 'q', '=', '\u00e9'),
        maxLength: 500,
      }),
    },
    { requiredKeys: [] },
  )
  const key = await api.issueKey(API_SCOPES)
  await fc.assert(
    fc.asyncProperty(bytes, headers, async (body, odd) => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        request(
          `${api.site.url}/api/v1/accounts/${EMAIL}/connect-link`,
          {
            method: 'POST',
            headers: { authorization: `Bearer ${key}`, ...odd, 'content-length': body.length },
          },
          (response) => response.resume().on('end', () => resolve(response.statusCode)),
        )
          .on('error', reject)
          .end(body)
      })
      expect(api.site.errors).toEqual([])
      expect([201, 400, 401, 413, 415, 422]).toContain(status)
    }),
    fuzzing(300),
  )
  expect(await fingerprint(db, KEYS)).toEqual(before)
})
