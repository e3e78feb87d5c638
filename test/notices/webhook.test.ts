import { expect, test } from 'vitest'
import { newWebhookSecret, postWebhook } from '../../src/notices/webhook.ts'
import { expectedSignature, openReceiver, type Received } from '../support/receiver.ts'

const MESSAGE = { id: 'delivery-1', body: '{"text":"größer"}', sentAt: new Date('2026-03-02T06:00:00.900Z') }

test('a receiver can prove with the secret alone that what it was sent is ours', async () => {
  await using receiver = await openReceiver()
  const secret = newWebhookSecret()
  await postWebhook({ url: receiver.url, secret }, MESSAGE)
  const [got] = receiver.received as [Received]
  expect(got).toMatchObject({ id: 'delivery-1', timestamp: 1772431200, body: MESSAGE.body })
  expect(got.headers['content-type']).toBe('application/json')
  expect(got.headers['webhook-signature']).toBe(expectedSignature(got, secret))
  expect(got.headers['webhook-signature']).not.toBe(expectedSignature(got, newWebhookSecret()))
})

test('the signature of the specification’s example is ours as well', async () => {
  await using receiver = await openReceiver()
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/index.test.ts
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const sentAt = new Date(1614265330 * 1000)
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}', sentAt }
  await postWebhook({ url: receiver.url, secret }, message)
  expect(receiver.received[0]?.headers['webhook-signature']).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  )
})

test('a refusal, a redirect and silence are told apart, each in words', async () => {
  await using receiver = await openReceiver()
  const { host } = new URL(receiver.url)
  const target = { url: receiver.url, secret: newWebhookSecret() }
  receiver.answer(410)
  await expect(postWebhook(target, MESSAGE)).rejects.toThrow(`${host} answered 410`)
  receiver.answer(302, { location: receiver.url })
  await expect(postWebhook(target, MESSAGE)).rejects.toThrow(
    `${host} answered 302, and a redirect is not followed`,
  )
  expect(receiver.received).toHaveLength(2)
  const gone = await openReceiver()
  await gone[Symbol.asyncDispose]()
  await expect(postWebhook({ ...target, url: gone.url }, MESSAGE)).rejects.toThrow(
    `no answer from ${new URL(gone.url).host}: connect ECONNREFUSED`,
  )
})
