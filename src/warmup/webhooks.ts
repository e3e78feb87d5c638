import { randomUUID } from 'node:crypto'
import { NoticeError, OperatorError } from '../domain/errors.ts'
import type { Warmup } from './dependencies.ts'

export const MOST_WEBHOOKS = 10
const LONGEST_URL = 2000

export type AddedWebhook = { id: number; url: string; secret: string }

/**
 * Adds an address that notices are posted to, and makes the secret that they are signed with.
 * @throws OperatorError naming what is wrong with the address
 */
export async function addWebhook({ store, notifier, clock }: Warmup, text: string): Promise<AddedWebhook> {
  const url = readWebhookUrl(text)
  const secret = notifier.newWebhookSecret()
  return store.transaction(async (tx) => {
    await tx.webhooks.lock()
    const webhooks = await tx.webhooks.all()
    if (webhooks.length >= MOST_WEBHOOKS)
      throw new OperatorError(
        `there are ${MOST_WEBHOOKS} webhooks, and no more than that are told: remove one`,
      )
    if (webhooks.some((webhook) => webhook.url === url)) throw new OperatorError(`${url} is told already`)
    return { id: await tx.webhooks.add({ url, secret }, clock.now()), url, secret }
  })
}

/** False where it was gone already. What was still to be delivered to it goes along. */
export function removeWebhook({ store }: Warmup, id: number): Promise<boolean> {
  return store.webhooks.remove(id)
}

/** Posts a document without notices at once. What came of it, in words; null where there is no such webhook. */
export async function tryWebhook({ store, notifier, baseUrl }: Warmup, id: number): Promise<string | null> {
  const testId = `test-${randomUUID()}`
  const text = `This is a test of the notices of kindling at ${baseUrl}`
  try {
    const target = await store.webhooks.target(id)
    if (!target) return null
    await notifier.post(target, {
      id: testId,
      body: JSON.stringify({ id: testId, text, notices: [], left_out: 0 }),
    })
    return `The test was delivered: ${new URL(target.url).host} took it.`
  } catch (error) {
    if (!(error instanceof NoticeError)) throw error
    return `The test was not delivered: ${error.message}.`
  }
}

/** @throws OperatorError */
export function readWebhookUrl(text: string): string {
  const expected = 'expected a full http:// or https:// URL'
  if (text.length > LONGEST_URL) throw new OperatorError(`${expected} of at most ${LONGEST_URL} characters`)
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new OperatorError(`“${text}”: ${expected}`)
  if (url.username || url.password)
    throw new OperatorError(`${url.host}: ${expected} without a user name or password in it`)
  return url.href
}
