import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { webhookDocument } from '../../src/domain/notice-text.ts'

export type Received = {
  id: string
  /** Seconds. */
  timestamp: number
  headers: NodeJS.Dict<string | string[]>
  body: string
  document: ReturnType<typeof webhookDocument>
}
export type Receiver = AsyncDisposable & {
  url: string
  received: Received[]
  /** What it answers from now on, after it has kept what it got. */
  answer(status: number, headers?: Record<string, string>): void
  /** From now on its answers wait until the returned function is called. */
  hold(): () => void
}

/** Something that webhooks are posted to. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = []
  let answer: { status: number; headers: Record<string, string> } = { status: 204, headers: {} }
  let held: Promise<void> = Promise.resolve()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('utf8')
    const { headers } = request
    received.push({
      id: String(headers['webhook-id']),
      timestamp: Number(headers['webhook-timestamp']),
      headers,
      body,
      document: JSON.parse(body),
    })
    const { status, headers: answered } = answer
    await held
    response.writeHead(status, answered).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer(status, headers = {}) {
      answer = { status, headers }
    },
    hold() {
      let release = () => {}
      held = new Promise((resolve) => {
        release = resolve
      })
      return release
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What `webhook-signature` must be, from the text of the specification alone. */
export function expectedSignature({ id, timestamp, body }: Received, secret: string): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
