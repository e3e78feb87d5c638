import { join, resolve } from 'node:path'
import { z } from 'zod'
import { OperatorError } from './domain/errors.ts'
import { SYNC_MINUTES } from './domain/inbox.ts'
import { UNITS_PER_MINUTE } from './domain/quota.ts'
import { KEY_BYTES } from './domain/token.ts'
import { addresses, dnsServers, host, hostOf, httpUrl, integer, origin, url } from './setting-values.ts'

/** A setting that stops the start: one line that names the variable, its value and what was expected. */
export class ConfigError extends OperatorError {}

const SECRETS = new Set([
  'TOKEN_ENCRYPTION_KEYS',
  'OPERATOR_PASSWORD',
  'GOOGLE_CLIENT_SECRET',
  'DATABASE_URL',
  'REDIS_URL',
  'SMTP_URL',
  'METRICS_TOKEN',
])
/** Of a value that is repeated in an error. */
const LONGEST_SHOWN = 200
const GOOGLE_API_ROOT = 'https://gmail.googleapis.com/'

const schema = z.object({
  HOST: host.default('127.0.0.1'),
  PORT: integer(1, 65_535).default(3000),
  BASE_URL: origin.optional(),
  DATA_DIR: z.string().min(1, 'a folder').default('.data'),
  CONVERSATIONS_DIR: z
    .string()
    .min(1, 'a folder')
    .transform((path) => resolve(path))
    .optional(),
  DATABASE_URL: url('a postgres:// URL', 'postgres:', 'postgresql:').optional(),
  REDIS_URL: url('a redis:// or rediss:// URL', 'redis:', 'rediss:').optional(),
  GOOGLE_CLIENT_ID: z.string().min(1, 'an OAuth client id').optional(),
  GOOGLE_CLIENT_SECRET: z.string().min(1, 'an OAuth client secret').optional(),
  GOOGLE_AUTH_URI: httpUrl.default('https://accounts.google.com/o/oauth2/v2/auth'),
  GOOGLE_TOKEN_URI: httpUrl.default('https://oauth2.googleapis.com/token'),
  GOOGLE_REVOKE_URI: httpUrl.default('https://oauth2.googleapis.com/revoke'),
  GOOGLE_USERINFO_URI: httpUrl.default('https://openidconnect.googleapis.com/v1/userinfo'),
  GOOGLE_CERTS_URI: httpUrl.default('https://www.googleapis.com/oauth2/v3/certs'),
  GOOGLE_API_ROOT: httpUrl.default(GOOGLE_API_ROOT),
  TOKEN_ENCRYPTION_KEYS: z
    .string()
    .transform((text) => text.split(',').map((key) => Buffer.from(key.trim(), 'base64')))
    .refine(
      (keys) => keys.every((key) => key.length === KEY_BYTES),
      `base64 keys of ${KEY_BYTES} bytes, separated by commas (make one: openssl rand -base64 32)`,
    )
    .optional(),
  SMTP_URL: url('a smtp:// or smtps:// URL', 'smtp:', 'smtps:').optional(),
  NOTICE_MAIL_TO: addresses.optional(),
  NOTICE_MAIL_FROM: z
    .string()
    .regex(/^([^<>\n]*<)?[^\s<>@]+@[^\s<>@]+>?$/, 'an address, with a name before it if you like')
    .optional(),
  OPERATOR_PASSWORD: z.string().min(12, 'at least 12 characters').optional(),
  DNS_SERVERS: dnsServers.optional(),
  METRICS_PORT: integer(1, 65_535).optional(),
  METRICS_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_SERVICE_NAME: z.string().min(1, 'a name').default('kindling'),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'one of trace, debug, info, warn, error, silent',
    )
    .default('info'),
  WARMUP_SPEED: integer(1, 100_000).default(1),
  WORKER_CONCURRENCY: integer(1, 500).default(20),
  GMAIL_UNITS_PER_MINUTE_PROJECT: integer(2000, 1_000_000_000).default(UNITS_PER_MINUTE.project),
  GMAIL_UNITS_PER_MINUTE_ACCOUNT: integer(300, 1_000_000_000).default(UNITS_PER_MINUTE.account),
  SYNC_EVERY_MINUTES: integer(0, SYNC_MINUTES.high).default(SYNC_MINUTES.default),
  SYNC_MAILS_PER_ROUND: integer(1, 500).default(100),
  MAIL_RULES_FILE: z
    .string()
    .min(1, 'a file')
    .transform((path) => resolve(path))
    .optional(),
  GMAIL_PUSH_TOPIC: z
    .string()
    .regex(/^projects\/[^/\s]+\/topics\/[^/\s]+$/, 'a topic such as projects/my-project/topics/gmail')
    .optional(),
  GMAIL_PUSH_AUDIENCE: z.string().optional(),
  GMAIL_PUSH_SERVICE_ACCOUNT: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, 'the address of a service account')
    .optional(),
})

type Parsed = z.infer<typeof schema>
export type Config = Omit<Parsed, (typeof DERIVED)[number]> & Record<(typeof DERIVED)[number], string>
/** What every process needs that touches accounts. */
export type CompleteConfig = Config & Required<Pick<Parsed, (typeof NEEDED)[number]>>

/** What has its default from other settings. */
const DERIVED = ['BASE_URL', 'GMAIL_PUSH_AUDIENCE'] as const
const NEEDED = ['DATABASE_URL', 'GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET', 'TOKEN_ENCRYPTION_KEYS'] as const
const HINTS: Record<(typeof NEEDED)[number], string> = {
  DATABASE_URL: 'a postgres:// URL; `npm start` brings a database of its own',
  GOOGLE_CLIENT_ID: 'the id of your OAuth client in the Google Cloud console',
  GOOGLE_CLIENT_SECRET: 'the secret of your OAuth client in the Google Cloud console',
  TOKEN_ENCRYPTION_KEYS: 'at least one base64 key of 32 bytes (make one: openssl rand -base64 32)',
}

/** Reads settings; an empty value counts as none. @throws ConfigError at the first bad one */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()))
  const result = schema.safeParse(given)
  if (!result.success) {
    const [issue] = result.error.issues
    const name = String(issue?.path[0])
    throw new ConfigError(`${name}=${shown(name, given[name])}: expected ${issue?.message}`)
  }
  const config = { ...result.data, DATA_DIR: resolve(result.data.DATA_DIR) }
  const BASE_URL = config.BASE_URL ?? `http://${hostOf(config.HOST)}:${config.PORT}`
  const GMAIL_PUSH_AUDIENCE = config.GMAIL_PUSH_AUDIENCE ?? `${BASE_URL}/hooks/gmail`
  return { ...config, BASE_URL, GMAIL_PUSH_AUDIENCE }
}

/** @throws ConfigError naming the first variable that is missing or does not go with the others */
export function requireComplete(config: Config): CompleteConfig {
  for (const name of NEEDED)
    if (config[name] === undefined) throw new ConfigError(`${name} is not set: expected ${HINTS[name]}`)
  if (config.SMTP_URL && !config.NOTICE_MAIL_TO)
    throw new ConfigError(
      'NOTICE_MAIL_TO is not set: expected the address that SMTP_URL is to send notices to',
    )
  if (config.NOTICE_MAIL_TO && !config.SMTP_URL)
    throw new ConfigError('SMTP_URL is not set: expected the server that sends notices to NOTICE_MAIL_TO')
  if (config.GMAIL_PUSH_TOPIC && !config.GMAIL_PUSH_SERVICE_ACCOUNT)
    throw new ConfigError(
      'GMAIL_PUSH_SERVICE_ACCOUNT is not set: expected the address of the service account that the push subscription of GMAIL_PUSH_TOPIC signs in as',
    )
  if (config.GMAIL_PUSH_SERVICE_ACCOUNT && !config.GMAIL_PUSH_TOPIC)
    throw new ConfigError(
      'GMAIL_PUSH_TOPIC is not set: expected the topic whose push subscription signs in as GMAIL_PUSH_SERVICE_ACCOUNT',
    )
  if (config.WARMUP_SPEED !== 1 && new URL(config.GOOGLE_API_ROOT).hostname.endsWith('googleapis.com'))
    throw new ConfigError(
      `WARMUP_SPEED=${config.WARMUP_SPEED}: expected 1 while GOOGLE_API_ROOT is Google’s own`,
    )
  return config as CompleteConfig
}

/** Where the operator's own conversation texts are, and the setting that says so; null for the folder that need not be there. */
export function ownTextsOf({ CONVERSATIONS_DIR, DATA_DIR }: Pick<Config, 'CONVERSATIONS_DIR' | 'DATA_DIR'>) {
  return CONVERSATIONS_DIR === undefined
    ? { path: join(DATA_DIR, 'conversations'), setting: null }
    : { path: CONVERSATIONS_DIR, setting: 'CONVERSATIONS_DIR' }
}

function shown(name: string, value: string | undefined): string {
  if (value === undefined) return ''
  if (SECRETS.has(name)) return `(${value.length} characters, not shown)`
  const text = JSON.stringify(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}… (${value.length} characters)` : text
}
