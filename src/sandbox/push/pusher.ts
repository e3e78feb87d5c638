import { setTimeout as delay } from 'node:timers/promises'
import { subjectFor } from '../mailboxes.ts'
import type { PushSubscription } from '../state/shapes.ts'
import type { Notification } from './notifications.ts'
import type { SigningKey } from './signing-key.ts'

/** Pub/Sub goes on for seven days, which nobody waits for here. */
const MOST_TRIES = 12
// https://cloud.google.com/pubsub/docs/push#push_backoff
const PAUSE_MS = { first: 100, longest: 60_000 }
/** Until a push that is not answered counts as lost. */
const ANSWER_WITHIN_MS = 10_000
const TOKEN_SECONDS = 3600

type PusherOptions = {
  subscription: () => PushSubscription | null
  key: SigningKey
  now: () => Date
}

/**
 * Pushes notifications to who has subscribed, as Pub/Sub does: again and again until they are taken, in whatever order. What
 * it waits for, and how long its tokens are good, goes by the wall's time, since what receives it is no simulation.
 */
export class Pusher {
  readonly #options: PusherOptions
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #lastId = Date.now() * 1000

  constructor(options: PusherOptions) {
    this.#options = options
  }

  /** What nobody has subscribed to is forgotten. */
  publish(notification: Notification): void {
    if (!this.#options.subscription()) return
    const pushing = this.#push(this.#bodyOf(notification)).finally(() => this.#underWay.delete(pushing))
    this.#underWay.add(pushing)
  }

  /** How many have been published and are neither taken nor given up. */
  get waiting(): number {
    return this.#underWay.size
  }

  /** Resolves once all that was published is taken or given up. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.settled()
  }

  async #push(body: string): Promise<void> {
    const { signal } = this.#closing
    for (let tries = 1; !signal.aborted; tries += 1) {
      const subscription = this.#options.subscription()
      if (!subscription || (await this.#isTaken(subscription, body)) || tries === MOST_TRIES) return
      const pause = Math.min(PAUSE_MS.first * 2 ** (tries - 1), PAUSE_MS.longest)
      await delay(pause, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  async #isTaken({ endpoint, audience, serviceAccount }: PushSubscription, body: string): Promise<boolean> {
    try {
      const { ok } = await fetch(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${this.#token(audience, serviceAccount)}`,
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      })
      return ok
    } catch {
      return false
    }
  }

  /** https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions */
  #token(aud: string, email: string): string {
    const iat = Math.floor(Date.now() / 1000)
    const sub = subjectFor(email)
    return this.#options.key.signedToken({
      iss: 'https://accounts.google.com',
      aud,
      azp: sub,
      sub,
      email,
      email_verified: true,
      iat,
      exp: iat + TOKEN_SECONDS,
    })
  }

  #bodyOf({ topicName, ...data }: Notification): string {
    this.#lastId += 1
    return JSON.stringify({
      message: {
        data: Buffer.from(JSON.stringify(data)).toString('base64'),
        messageId: String(this.#lastId),
        publishTime: this.#options.now().toISOString(),
      },
      subscription: topicName.replace('/topics/', '/subscriptions/'),
    })
  }
}
