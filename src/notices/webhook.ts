import { createHmac, randomBytes } from 'node:crypto'
import { NoticeError } from '../domain/errors.ts'

export type WebhookTarget = { url: string; secret: string }

const TIMEOUT_MS = 10_000
const SECRET_PREFIX = 'whsec_'

/** A secret to sign with, in the form that libraries for Standard Webhooks take. */
export function newWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(32).toString('base64')
}

/**
 * Posts a JSON document, signed as Standard Webhooks says: HMAC-SHA256 over id, timestamp and body. The id is the same
 * however often it is repeated, so that a receiver can tell a repetition.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @param sentAt the wall's time: receivers refuse old signatures
 * @throws NoticeError
 */
export async function postWebhook(
  { url, secret }: WebhookTarget,
  { id, body, sentAt, signal }: { id: string; body: string; sentAt: Date; signal?: AbortSignal },
): Promise<void> {
  const timestamp = Math.floor(sentAt.getTime() / 1000)
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'kindling',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature(secret, `${id}.${timestamp}.${body}`)}`,
    },
    body,
  }).catch((error: Error) => {
    const { cause } = error as { cause?: Error }
    throw new NoticeError(`no answer from ${new URL(url).host}: ${cause?.message || error.message}`)
  })
  await response.body?.cancel()
  const { status, ok } = response
  const isRedirect = status >= 300 && status < 400
  if (!ok)
    throw new NoticeError(
      `${new URL(url).host} answered ${status}${isRedirect ? ', and a redirect is not followed' : ''}`,
    )
}

function signature(secret: string, signed: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
  return createHmac('sha256', key).update(signed).digest('base64')
}
