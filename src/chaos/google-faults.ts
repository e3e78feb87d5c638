import { type Random, randomInteger } from '../domain/random.ts'
import type { FaultOrder } from '../sandbox/http/faults.ts'

/** Anything but Google's pages for people. */
const ANYTHING = '^/(gmail/|token$)'
const GMAIL = '^/gmail/'
const SEND = '/drafts/send$'
const TOKEN = '^/token$'

/** What Google may do to a request on a bad day. */
export const GOOGLE_FAULTS: Record<string, (random: Random) => FaultOrder> = {
  '401': () => ({ path: GMAIL, status: 401, reason: 'authError' }),
  '403 rateLimitExceeded': () => forbidden('rateLimitExceeded'),
  '403 userRateLimitExceeded': () => forbidden('userRateLimitExceeded'),
  '403 dailyLimitExceeded': () => forbidden('dailyLimitExceeded'),
  '403 quotaExceeded': () => forbidden('quotaExceeded'),
  '403 domainPolicy': () => forbidden('domainPolicy'),
  '403 forbidden': () => forbidden('forbidden'),
  '429': () => ({ path: ANYTHING, status: 429, reason: 'rateLimitExceeded' }),
  '429 with Retry-After': (random) => ({
    path: ANYTHING,
    status: 429,
    reason: 'rateLimitExceeded',
    headers: { 'retry-after': String(randomInteger(random, 1, 1200)) },
  }),
  '500': () => ({ path: ANYTHING, status: 500, reason: 'backendError' }),
  '503': () => ({ path: ANYTHING, status: 503, reason: 'backendError' }),
  reset: () => ({ path: ANYTHING, drop: 'before' }),
  'answer dropped': () => ({ path: ANYTHING, drop: 'after' }),
  'answer to a send dropped': () => ({ path: SEND, drop: 'after' }),
  'answer to a refresh dropped': () => ({ path: TOKEN, drop: 'after' }),
  slow: (random) => ({ path: ANYTHING, delayMs: randomInteger(random, 200, 4000) }),
  // Longer than anybody waits for Google.
  silence: () => ({ path: ANYTHING, delayMs: 25_000 }),
  HTML: () => ({
    path: ANYTHING,
    status: 200,
    body: '<html><body>Sorry</body></html>',
    headers: { 'content-type': 'text/html' },
  }),
  'JSON of the wrong shape': (random) => ({ path: ANYTHING, status: 200, body: misshapen(random) }),
}

const MISSHAPEN = [
  [],
  {},
  null,
  { id: 5, threadId: [] },
  { messages: 'none' },
  { access_token: 7, expires_in: 'soon' },
]

function misshapen(random: Random): unknown {
  return MISSHAPEN[randomInteger(random, 0, MISSHAPEN.length - 1)]
}

function forbidden(reason: string): FaultOrder {
  return { path: GMAIL, status: 403, reason }
}

/** Faults that may cost the answer to a refresh that Google has done. */
export const LOSES_ANSWERS = ['answer dropped', 'answer to a refresh dropped', 'slow', 'silence']
