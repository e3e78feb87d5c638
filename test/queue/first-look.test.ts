import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { openRelay } from '../../src/chaos/relay.ts'
import { jobOf } from '../../src/queue/backend.ts'
import { postgresBackend } from '../../src/queue/postgres-backend.ts'
import { openWorld } from '../support/world.ts'

test('a queue and a worker that were opened while Postgres cut its connections work once it does not', async () => {
  await using world = await openWorld({ backend: 'postgres' })
  const url = new URL(world.config.DATABASE_URL)
  const port = Number(url.port)
  let cuts = 0
  const cutting = createServer((socket) => {
    cuts += 1
    socket.on('error', () => {}).destroy()
  }).listen(0, '127.0.0.1')
  await once(cutting, 'listening')
  const relay = await openRelay()
  relay.leadTo((cutting.address() as AddressInfo).port)
  url.port = String(relay.port)
  url.hostname = '127.0.0.1'

  const backend = postgresBackend(url.href, () => {})
  const queue = backend.queue('check')
  const done: unknown[] = []
  const worker = backend.worker('check', async (data) => void done.push(data), 1)
  try {
    await expect.poll(() => cuts).toBeGreaterThan(1)
    relay.leadTo(port)
    const handout = { taskId: 1, kind: 'check' as const, handout: 1 }
    await expect.poll(() => queue.addBulk([jobOf(handout)]).catch(() => null)).not.toBeNull()
    await expect.poll(() => done).toEqual([handout])
  } finally {
    await Promise.all([queue.close(), worker.close()])
    await backend.close()
    await relay.close()
    cutting.close()
  }
})
