import { availableParallelism, loadavg } from 'node:os'
import { type BenchOptions, readOptions, USAGE } from '../src/bench/options.ts'
import { ownDatabase } from '../src/bench/own-database.ts'
import { findRedis } from '../src/bench/own-redis.ts'
import { PARTS } from '../src/bench/parts/all.ts'
import { COUNTING } from '../src/bench/statements.ts'
import { OperatorError } from '../src/domain/errors.ts'
import { interruption, unlessInterrupted } from '../src/interruption.ts'
import { type Process, runProcess } from '../src/process.ts'

// What a complete warmup costs: the real worker in a process of its own, the simulated Google in another one. The database
// is the embedded Postgres, or a new one on the server that TEST_DATABASE_URL names; the Redis is the one of
// TEST_REDIS_URL, or a redis-server of this machine. Exit status: 0 every goal was met, 1 some were not, 2 it could not be
// found out.

if (process.argv.includes('--help')) {
  console.log(USAGE)
  process.exit()
}

await runProcess(
  async (entry) => {
    const options = readOptions(process.argv.slice(2))
    const misses = await unlessInterrupted(benchmark(entry, options), interruption())
    console.log(
      `\nload: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores, Node ${process.version}`,
    )
    for (const miss of misses) console.log(`MISSED ${miss}`)
    if (misses.length > 0) process.exitCode = 1
  },
  // Nothing of the machine's own instance gets in.
  ({ TEST_DATABASE_URL, TEST_REDIS_URL }) => ({ DATABASE_URL: TEST_DATABASE_URL, REDIS_URL: TEST_REDIS_URL }),
)

async function benchmark({ config, onStop }: Process, options: BenchOptions): Promise<string[]> {
  const databaseUrl = await ownDatabase(config.DATABASE_URL, onStop, COUNTING)
  const redis = options.backends.includes('redis') ? await findRedis(config.REDIS_URL, onStop) : null
  const backends = options.backends.filter((backend) => backend === 'postgres' || redis)
  if (backends.length < options.backends.length)
    console.log('left out: the queue on Redis (there is no redis-server, and TEST_REDIS_URL is not set)')
  if (backends.length === 0) throw new OperatorError('--backend redis: expected a Redis')

  console.log(`load before: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`)
  const misses: string[] = []
  const servers = { databaseUrl, redis, onStop, scripts: new URL('.', import.meta.url) }
  for (const name of options.parts) misses.push(...(await PARTS[name](servers, { ...options, backends })))
  return misses
}
