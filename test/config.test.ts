import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError, ownTextsOf, parseConfig, requireComplete } from '../src/config.ts'
import { fuzzing, oddText } from './support/fuzz.ts'

const complete = {
  DATABASE_URL: 'postgres://u:secret-password@localhost/kindling',
  GOOGLE_CLIENT_ID: 'id',
  GOOGLE_CLIENT_SECRET: 'secret',
  TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
}
const read = (environment: Record<string, string>) =>
  requireComplete(parseConfig({ ...complete, ...environment }))

describe('a bad setting stops the start with one line that names it, its value and what was expected', () => {
  test.each([
    [{ PORT: 'http' }, 'PORT="http": expected a whole number from 1 to 65535'],
    [{ PORT: '70000' }, 'PORT="70000": expected a whole number from 1 to 65535'],
    [
      { BASE_URL: 'kindling.example' },
      'BASE_URL="kindling.example": expected a full http:// or https:// URL',
    ],
    [
      { REDIS_URL: 'localhost:6379' },
      'REDIS_URL=(14 characters, not shown): expected a redis:// or rediss:// URL',
    ],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL=(9 characters, not shown): expected a postgres:// URL'],
    [
      { OPERATOR_PASSWORD: 'hunter2' },
      'OPERATOR_PASSWORD=(7 characters, not shown): expected at least 12 characters',
    ],
    [
      { TOKEN_ENCRYPTION_KEYS: 'abc' },
      'TOKEN_ENCRYPTION_KEYS=(3 characters, not shown): expected base64 keys of 32 bytes',
    ],
    [
      { DNS_SERVERS: 'dns.example' },
      'DNS_SERVERS="dns.example": expected addresses of DNS servers, separated by commas, such as 1.1.1.1,[::1]:5353',
    ],
    [{ DNS_SERVERS: '1.1.1.1,' }, 'DNS_SERVERS="1.1.1.1,": expected addresses of DNS servers'],
    [{ DNS_SERVERS: '1.1.1.1:70000' }, 'DNS_SERVERS="1.1.1.1:70000": expected addresses of DNS servers'],
    [{ HOST: 'my host' }, 'HOST="my host": expected an address to listen on'],
    [{ HOST: 'http://localhost' }, 'HOST="http://localhost": expected an address to listen on'],
    ...[
      'https://x.example/kindling',
      'https://x.example?a',
      'https://x.example/#a',
      'https://a:b@x.example',
    ].map((url): [object, string] => [
      { BASE_URL: url },
      `BASE_URL="${url}": expected a full http:// or https:// URL that ends with the host or the port`,
    ]),
    [
      { DATABASE_URL: 'postgres://u:p%ss@x/y' },
      'DATABASE_URL=(21 characters, not shown): expected a postgres:// URL',
    ],
    [{ REDIS_URL: 'redis://:%E0%A4%A@x' }, 'REDIS_URL=(19 characters, not shown): expected a redis://'],
    [{ SMTP_URL: 'smtp://u:%@x' }, 'SMTP_URL=(12 characters, not shown): expected a smtp://'],
    [{ PORT: 'x'.repeat(5000) }, `PORT="${'x'.repeat(199)}… (5000 characters): expected a whole number`],
    [{ LOG_LEVEL: 'verbose' }, 'LOG_LEVEL="verbose": expected one of trace, debug'],
    [{ WARMUP_SPEED: '0' }, 'WARMUP_SPEED="0": expected a whole number from 1'],
    [{ WARMUP_SPEED: '60' }, 'WARMUP_SPEED=60: expected 1 while GOOGLE_API_ROOT is Google’s own'],
    [{ GOOGLE_CLIENT_ID: '' }, 'GOOGLE_CLIENT_ID is not set: expected the id of your OAuth client'],
    [
      { GMAIL_PUSH_TOPIC: 'gmail' },
      'GMAIL_PUSH_TOPIC="gmail": expected a topic such as projects/my-project/topics/gmail',
    ],
    [
      { GMAIL_PUSH_TOPIC: 'projects/p/topics/t' },
      'GMAIL_PUSH_SERVICE_ACCOUNT is not set: expected the address of the service account',
    ],
    [
      { GMAIL_PUSH_SERVICE_ACCOUNT: 'push@p.iam.gserviceaccount.com' },
      'GMAIL_PUSH_TOPIC is not set: expected the topic',
    ],
    [
      { GMAIL_PUSH_SERVICE_ACCOUNT: 'push' },
      'GMAIL_PUSH_SERVICE_ACCOUNT="push": expected the address of a service account',
    ],
    [{ GOOGLE_CERTS_URI: 'certs' }, 'GOOGLE_CERTS_URI="certs": expected a full http:// or https:// URL'],
    [{ DATABASE_URL: ' ' }, 'DATABASE_URL is not set: expected a postgres:// URL'],
  ])('%j', (environment, message) => {
    const reading = () => read(environment as Record<string, string>)
    expect(reading).toThrow(ConfigError)
    expect(reading).toThrow(message)
    expect(reading).not.toThrow(/\n/)
  })

  test('whatever it is, and without showing a secret', () => {
    const secrets = [
      'DATABASE_URL',
      'REDIS_URL',
      'SMTP_URL',
      'TOKEN_ENCRYPTION_KEYS',
      'OPERATOR_PASSWORD',
      'GOOGLE_CLIENT_SECRET',
    ]
    const names = [...readFileSync('.env.example', 'utf8').matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(
      ([, name]) => name ?? '',
    )
    expect(names).toEqual(expect.arrayContaining(['PORT', ...secrets]))
    const startings = [
      '',
      'http://',
      'https://',
      'postgres://',
      'redis://',
      'smtp://u:p@',
      'postgres://u:',
      '1',
      'a@',
    ]
    const value = fc.tuple(fc.constantFrom(...startings), oddText).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, given) => {
        try {
          const config = read({ [name]: given })
          new URL(config.BASE_URL)
          expect(JSON.stringify(config).length).toBeLessThan(30_000)
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
          const { message } = error as Error
          expect(message).toMatch(new RegExp(`^(${name}=.* expected |[A-Z_]+ is not set: expected )`, 's'))
          expect(message).not.toContain('\n')
          expect(message.length).toBeLessThan(500)
          if (secrets.includes(name) && given.length > 12) expect(message).not.toContain(given)
        }
      }),
      fuzzing(2000),
    )
  })
})

test('DNS servers are the system’s, unless they are named', () => {
  expect(read({}).DNS_SERVERS).toBeUndefined()
  expect(read({ DNS_SERVERS: '1.1.1.1, 192.0.2.1:5353,::1, [::1]:5353' }).DNS_SERVERS).toEqual([
    '1.1.1.1',
    '192.0.2.1:5353',
    '::1',
    '[::1]:5353',
  ])
})

test('BASE_URL is where it listens, or this machine where it listens everywhere', () => {
  expect(read({ PORT: '4000' }).BASE_URL).toBe('http://127.0.0.1:4000')
  expect(read({ HOST: '0.0.0.0' }).BASE_URL).toBe('http://localhost:3000')
  expect(read({ BASE_URL: 'https://warm.example/' }).BASE_URL).toBe('https://warm.example')
})

test('the audience of notifications is where they are taken, unless it is named', () => {
  const BASE_URL = 'https://warm.example'
  expect(read({ BASE_URL }).GMAIL_PUSH_AUDIENCE).toBe('https://warm.example/hooks/gmail')
  expect(read({ BASE_URL, GMAIL_PUSH_AUDIENCE: 'kindling' }).GMAIL_PUSH_AUDIENCE).toBe('kindling')
})

test('own conversation texts are in DATA_DIR, where they may be missing, or where CONVERSATIONS_DIR says', () => {
  const usual = { path: resolve('data/conversations'), setting: null }
  expect(ownTextsOf(read({ DATA_DIR: 'data' }))).toEqual(usual)
  expect(ownTextsOf(read({ DATA_DIR: 'data', CONVERSATIONS_DIR: ' ' }))).toEqual(usual)
  expect(ownTextsOf(read({ DATA_DIR: 'data', CONVERSATIONS_DIR: 'texts' }))).toEqual({
    path: resolve('texts'),
    setting: 'CONVERSATIONS_DIR',
  })
})
