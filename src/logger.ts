import { type Logger as PinoLogger, pino } from 'pino'

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>

/** Structured lines on standard output. Whatever may hold a secret is cut out wherever it stands. */
export function createLogger(level: string): PinoLogger {
  const secrets = [
    'access_token',
    'refresh_token',
    'client_secret',
    'code',
    'code_verifier',
    'authorization',
    'raw',
  ]
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' },
    serializers: { err: describeError },
  })
}

/**
 * Only an error's own words are logged: an HTTP client's error carries its whole request, token and mail included, and
 * a failed query its parameters.
 */
function describeError(error: unknown) {
  if (!(error instanceof Error)) return { message: String(error) }
  const words = (text: string) => text.replace(/\nparams: [\s\S]*$/, '')
  return {
    type: error.name,
    message: words(error.message),
    ...(error.cause instanceof Error ? { cause: words(error.cause.message) } : {}),
    stack: words(error.stack ?? '').replace(error.message, words(error.message)),
  }
}
