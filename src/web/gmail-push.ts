import { randomBytes } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { type ErrorRequestHandler, json, type RequestHandler, type Response, Router } from 'express'
import { z } from 'zod'
import type { PushTokenCheck } from '../google/push-token.ts'
import type { Logger } from '../logger.ts'
import type { WebDependencies } from './dependencies.ts'
import { limitTries } from './limit-tries.ts'

const PATH = '/hooks/gmail'
const TRIES = 30
const WINDOW_MINUTES = 15
const MOST_BYTES = 64 * 1024

// https://cloud.google.com/pubsub/docs/push and https://developers.google.com/workspace/gmail/api/guides/push
const PUSHED = z.object({ message: z.object({ data: z.string() }) })
/** The guide shows the count as a text, Gmail sends it as a number. */
const CHANGE = z.object({
  emailAddress: z
    .string()
    .max(320)
    .regex(/^[^\s\0@]+@[^\s\0@]+$/),
  historyId: z.union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative().transform(String)]),
})

/**
 * Where Google tells that a mailbox has changed. What it has signed is taken, and nothing else: no session and no CSRF token
 * has a part in it. What is not taken is told again, for seven days: so is nothing of an account that nobody fetches.
 */
export function gmailPush({ warmup, checkPushToken, log }: WebDependencies): Router {
  const router = Router()
  if (!checkPushToken) {
    router.post(PATH, (_request, response) =>
      sendProblem(response, 404, 'GMAIL_PUSH_TOPIC is not set: no notifications are taken here.'),
    )
    return router
  }

  router.post(
    PATH,
    async (request, response, next) => {
      const token = request.get('authorization')?.match(/^Bearer +(\S+) *$/i)?.[1]
      const check: PushTokenCheck = token
        ? await checkPushToken(token)
        : { kind: 'refused', reason: 'there is none' }
      if (check.kind === 'good') return next('route')
      response.locals.check = check
      next()
    },
    // Behind a proxy all callers have one address: forged tokens keep no good one from being taken.
    limitTries(TRIES, WINDOW_MINUTES, (_request, response) =>
      sendProblem(response, 429, `Wait ${WINDOW_MINUTES} minutes before the next try.`),
    ),
    refuse(log),
  )

  router.post(PATH, json({ limit: MOST_BYTES, type: () => true }), async (request, response) => {
    const change = changeOf(request.body)
    if (!change) return sendProblem(response, 400, 'The body is no notification of Gmail’s.')
    const { emailAddress, historyId } = change
    await warmup.store.mailboxes.notified(emailAddress, historyId, warmup.clock.now())
    response.status(204).end()
  })

  router.use(PATH, handlePushError(log))
  return router
}

function refuse(log: Logger): RequestHandler {
  return (_request, response) => {
    const check = response.locals.check as Exclude<PushTokenCheck, { kind: 'good' }>
    log.warn({ reason: check.reason }, 'a notification of Gmail’s was not taken')
    if (check.kind === 'unknown')
      return sendProblem(response, 503, 'Google’s keys can’t be had now, by which the token is checked.')
    response.set('WWW-Authenticate', 'Bearer')
    sendProblem(response, 401, 'Expected the token of this server’s push subscription, signed by Google.')
  }
}

function changeOf(body: unknown): z.output<typeof CHANGE> | null {
  const pushed = PUSHED.safeParse(body)
  if (!pushed.success) return null
  try {
    const text = Buffer.from(pushed.data.message.data, 'base64').toString('utf8')
    return CHANGE.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

function handlePushError(log: Logger): ErrorRequestHandler {
  return (err: unknown, _request, response, next) => {
    if (response.headersSent) return next(err)
    const status = err instanceof Error && 'status' in err ? Number(err.status) : 500
    if (status === 413) return sendProblem(response, 413, 'A notification holds at most 64 kB.')
    if (status >= 400 && status < 500) return sendProblem(response, 400, 'The body can’t be read.')
    const reference = randomBytes(4).toString('hex')
    log.error({ err, reference }, 'a notification of Gmail’s broke')
    sendProblem(response, 500, `The log tells more, under the reference ${reference}.`)
  }
}

/** A problem document without a type of its own (RFC 9457, 4.2.1). */
function sendProblem(response: Response, status: number, detail: string): void {
  const document = { type: 'about:blank', title: STATUS_CODES[status], status, detail }
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(document))
}
