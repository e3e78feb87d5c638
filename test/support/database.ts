import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { inject } from 'vitest'
import { connect } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'

const NOTICED_WITHIN_MS = 20_000

export type TestDatabase = { url: string; drop(): Promise<void> }

/** A database of its own, migrated. Dropping it fails where something still holds a connection to it: a leak. */
export function freshDatabase(): Promise<TestDatabase> {
  return databaseLike(inject('templateDatabase'))
}

/** One without any table. */
export function emptyDatabase(): Promise<TestDatabase> {
  return databaseLike('template0')
}

async function databaseLike(template: string): Promise<TestDatabase> {
  const name = `kindling_${randomBytes(6).toString('hex')}`
  await asAdmin(`create database ${name} template ${template}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = name
  return {
    url: url.href,
    async drop() {
      const giveUpAt = performance.now() + NOTICED_WITHIN_MS
      for (;;) {
        try {
          return await asAdmin(`drop database ${name}`)
        } catch (error) {
          // The server needs a moment to notice connections that were just closed.
          if (performance.now() < giveUpAt) await delay(50)
          else throw new Error(`a connection to the test’s database was leaked: ${causeOf(error)}`)
        }
      }
    },
  }
}

async function asAdmin(statement: string): Promise<void> {
  const admin = connect(inject('postgresUrl'), { poolSize: 1 })
  try {
    await admin.db.execute(sql.raw(statement))
  } finally {
    await admin.close()
  }
}

function causeOf(error: unknown): string {
  const { cause } = error as { cause?: { detail?: string; message?: string } }
  return cause?.detail ?? cause?.message ?? String(error)
}
