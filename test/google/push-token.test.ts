import { createHmac, createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createPushTokenCheck } from '../../src/google/push-token.ts'
import {
  encoded,
  freshKey,
  type GoogleKeys,
  openGoogleKeys,
  pushClaims,
  type SignedBy,
  signedToken,
} from '../support/google-keys.ts'

const AUDIENCE = 'https://warm.example/hooks/gmail'
const ROBOT = 'push@p.iam.gserviceaccount.com'
const HOUR = 3600

function checkBy({ uri }: Pick<GoogleKeys, 'uri'>) {
  let elapsed = 0
  const check = createPushTokenCheck({
    certsUri: uri,
    audience: AUDIENCE,
    serviceAccount: ROBOT,
    timeoutMs: 2000,
    elapsed: () => elapsed,
  })
  const pass = (ms: number) => {
    elapsed += ms
  }
  return { check, pass }
}

const now = () => Math.floor(Date.now() / 1000)
const good = ({ key }: GoogleKeys) => signedToken(key, pushClaims())

test('a token that Google has signed for our subscription is good, and its keys are asked for once', async () => {
  await using google = await openGoogleKeys()
  const { check } = checkBy(google)
  for (const claims of [{}, { iss: 'accounts.google.com' }, { iat: now() - HOUR, exp: now() + 60 }])
    expect(await check(signedToken(google.key, pushClaims(claims)))).toEqual({ kind: 'good' })
  await Promise.all(Array.from({ length: 20 }, () => check(good(google))))
  expect(google.asked()).toBe(1)
})

describe('no other is', () => {
  const stranger = freshKey('first')
  const pem = ({ privateKey }: SignedBy) =>
    createPublicKey(privateKey as string).export({ type: 'spki', format: 'pem' })
  const forged: [string, (google: GoogleKeys) => string][] = [
    ['of another key under its name', () => signedToken(stranger, pushClaims())],
    ['of a key that is not told', ({ key }) => signedToken({ ...key, kid: 'other' }, pushClaims())],
    [
      'that names a property of objects as its key',
      ({ key }) => signedToken({ ...key, kid: '__proto__' }, pushClaims()),
    ],
    ['for another audience', ({ key }) => signedToken(key, pushClaims({ aud: 'https://evil.example' }))],
    ['for several audiences', ({ key }) => signedToken(key, pushClaims({ aud: [AUDIENCE] }))],
    ['without an audience', ({ key }) => signedToken(key, pushClaims({ aud: undefined }))],
    [
      'of another account',
      ({ key }) => signedToken(key, pushClaims({ email: 'evil@p.iam.gserviceaccount.com' })),
    ],
    [
      'of an address that is not verified',
      ({ key }) => signedToken(key, pushClaims({ email_verified: false })),
    ],
    [
      'of an address that is verified in words',
      ({ key }) => signedToken(key, pushClaims({ email_verified: 'true' })),
    ],
    ['without an address', ({ key }) => signedToken(key, pushClaims({ email: undefined }))],
    [
      'that has expired',
      ({ key }) => signedToken(key, pushClaims({ iat: now() - 2 * HOUR, exp: now() - 301 })),
    ],
    [
      'that is of the future',
      ({ key }) => signedToken(key, pushClaims({ iat: now() + 400, exp: now() + HOUR })),
    ],
    ['that never expires', ({ key }) => signedToken(key, pushClaims({ exp: now() + 365 * 24 * HOUR }))],
    ['without an end', ({ key }) => signedToken(key, pushClaims({ exp: undefined }))],
    ['of another issuer', ({ key }) => signedToken(key, pushClaims({ iss: 'https://evil.example' }))],
    [
      'of the algorithm none',
      ({ key: { kid } }) => `${encoded({ alg: 'none', kid })}.${encoded(pushClaims())}.`,
    ],
    [
      'whose signature is right under the algorithm none',
      ({ key }) => signedToken(key, pushClaims(), { alg: 'none' }),
    ],
    [
      'that is signed with the public key as a password',
      ({ key }) => {
        const signed = `${encoded({ alg: 'HS256', kid: key.kid })}.${encoded(pushClaims())}`
        return `${signed}.${createHmac('sha256', pem(key)).update(signed).digest('base64url')}`
      },
    ],
    [
      'whose claims were changed',
      (google) => {
        const [head, , signature] = good(google).split('.')
        return `${head}.${encoded(pushClaims({ sub: '1' }))}.${signature}`
      },
    ],
    ['without a signature', (google) => good(google).replace(/[^.]+$/, '')],
    ['of two parts', (google) => good(google).replace(/\.[^.]+$/, '')],
    ['that is no token', () => 'a.b.c'],
    ['of nothing', () => '..'],
    ['whose parts are null', ({ key }) => `${encoded({ alg: 'RS256', kid: key.kid })}.${encoded(null)}.x`],
  ]
  test.each(forged)('one %s', async (_, forge) => {
    await using google = await openGoogleKeys()
    const { check } = checkBy(google)
    const token = forge(google)
    const result = await check(token)
    expect(result).toMatchObject({ kind: 'refused' })
    // What is logged helps nobody who reads the log to a token.
    const [, claims = '', signature = ''] = token.split('.')
    for (const secret of [claims, signature].filter(({ length }) => length > 10))
      expect(JSON.stringify(result)).not.toContain(secret)
    expect(await check(good(google))).toEqual({ kind: 'good' })
  })
})

test('the reason names what was set up differently', async () => {
  await using google = await openGoogleKeys()
  const { check } = checkBy(google)
  expect(await check(signedToken(google.key, pushClaims({ aud: 'https://other.example' })))).toMatchObject({
    reason: `its audience is https://other.example, not GMAIL_PUSH_AUDIENCE, ${AUDIENCE}`,
  })
  expect(await check(signedToken(google.key, pushClaims({ email: 'a@b.example' })))).toMatchObject({
    reason: `it is a@b.example’s, not GMAIL_PUSH_SERVICE_ACCOUNT’s, ${ROBOT}`,
  })
})

test('a key that Google begins to use is learnt of, and made-up ones do not make it ask again and again', async () => {
  await using google = await openGoogleKeys()
  const { check, pass } = checkBy(google)
  await check(good(google))
  const second = freshKey('second')
  google.publish(second)
  const token = signedToken(second, pushClaims())
  for (let n = 0; n < 50; n += 1)
    expect(await check(signedToken({ ...second, kid: `made up ${n}` }, pushClaims()))).toMatchObject({
      kind: 'refused',
    })
  expect(google.asked()).toBe(1)
  pass(30_000)
  expect(await check(token)).toEqual({ kind: 'good' })
  expect(google.asked()).toBe(2)
})

test('keys are kept as long as Google says, and no longer', async () => {
  await using google = await openGoogleKeys()
  const { check, pass } = checkBy(google)
  await check(good(google))
  google.answer(500, 'Internal Server Error')
  pass(599_999)
  expect(await check(good(google))).toEqual({ kind: 'good' })
  expect(google.asked()).toBe(1)
  pass(1)
  expect(await check(good(google))).toMatchObject({
    kind: 'unknown',
    reason: expect.stringContaining('no list'),
  })
  google.answer(200)
  expect(await check(good(google))).toMatchObject({ kind: 'unknown' })
  expect(google.asked()).toBe(2)
  pass(30_000)
  expect(await check(good(google))).toEqual({ kind: 'good' })
})

test.each([
  ['{}', 'no list of keys'],
  ['not json', 'no list of keys'],
  ['{"keys":[{"kid":"first","kty":"RSA"}]}', 'no keys from'],
])('while Google tells %j for its keys, nobody knows', async (body, words) => {
  await using google = await openGoogleKeys()
  google.answer(200, body)
  expect(await checkBy(google).check(good(google))).toMatchObject({
    kind: 'unknown',
    reason: expect.stringContaining(words),
  })
})

test('while Google does not answer, nobody knows', async () => {
  await using google = await openGoogleKeys()
  const { check } = checkBy({ uri: 'http://127.0.0.1:9/certs' })
  expect(await check(good(google))).toMatchObject({ kind: 'unknown' })
})
