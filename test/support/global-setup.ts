import type { TestProject } from 'vitest/node'
import { connect } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { migratePostgresBackend } from '../../src/queue/postgres-backend.ts'
import { startServices } from './infrastructure.ts'
import { guardStates } from './state-guard.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
    templateDatabase: string
    redisUrl: string | null
  }
}

/** One Postgres and one Redis for the whole run, and a migrated database that each test file's is copied from. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgres, redis } = await startServices()
  console.info(`Tests use ${postgres.from} and ${redis?.from ?? 'no Redis'}.`)
  if (!redis) reportNoRedis()

  const templateDatabase = `kindling_template_${process.pid}`
  const admin = connect(postgres.url, { poolSize: 1 })
  await admin.db.execute(sql.raw(`create database ${templateDatabase}`))
  const template = new URL(postgres.url)
  template.pathname = templateDatabase
  await migrateDatabase(template.href)
  await migratePostgresBackend(template.href)
  const { db, close } = connect(template.href, { poolSize: 1 })
  await guardStates(db).finally(close)

  project.provide('postgresUrl', postgres.url)
  project.provide('templateDatabase', templateDatabase)
  project.provide('redisUrl', redis?.url ?? null)
  return async () => {
    await admin.db.execute(sql.raw(`drop database ${templateDatabase}`))
    await admin.close()
    await Promise.all([postgres.stop(), redis?.stop()])
  }
}

function reportNoRedis() {
  const line = '='.repeat(78)
  const text = 'NO REDIS: the half of the tests that runs on Redis is SKIPPED. Install redis-server.'
  console.warn(`\n${line}\n${text}\n${line}\n`)
  if (process.env.CI === 'true') throw new Error('with CI=true, tests without Redis are a failure')
}
