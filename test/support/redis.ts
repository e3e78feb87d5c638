import { Redis } from 'ioredis'
import { inject } from 'vitest'

/** This worker's own database in the run's Redis: two test files would take each other's jobs. Null without Redis. */
export function redisUrl(): string | null {
  const given = inject('redisUrl')
  if (given === null) return null
  const url = new URL(given)
  url.pathname = process.env.VITEST_POOL_ID ?? '1'
  return url.href
}

/** What a test has left in the queue is no job of the next one's. */
export async function emptyRedis(): Promise<void> {
  const redis = new Redis(redisUrl() as string)
  await redis.flushdb()
  await redis.quit()
}
