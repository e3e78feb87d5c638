import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import type { CompleteConfig } from '../config.ts'
import type { Logger } from '../logger.ts'
import type { QueueBackend } from '../queue/backend.ts'
import { redisBackend } from '../queue/redis-backend.ts'
import { createQueueBackend } from '../runtime.ts'

/**
 * The queue of this rehearsal alone: in its own database, or in a Redis under keys of its own, which go when it is closed.
 * The workers of a real installation on the same Redis never see its jobs.
 */
export function openQueue(config: CompleteConfig, log: Logger): QueueBackend {
  const { REDIS_URL } = config
  if (!REDIS_URL) return createQueueBackend(config, log)
  const prefix = `kindling-rehearsal-${randomBytes(6).toString('hex')}`
  const backend = redisBackend(REDIS_URL, (err) => log.warn({ err }, 'the queue’s connection failed'), {
    prefix,
  })
  return {
    ...backend,
    async close() {
      await backend.close()
      await removeKeys(REDIS_URL, `${prefix}:*`)
    },
  }
}

async function removeKeys(url: string, pattern: string): Promise<void> {
  const redis = new Redis(url)
  for await (const keys of redis.scanStream({ match: pattern, count: 1000 }))
    if (keys.length > 0) await redis.unlink(...(keys as string[]))
  await redis.quit()
}
