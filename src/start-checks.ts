import type { CompleteConfig } from './config.ts'
import { connect } from './db/connection.ts'
import { isAnotherDatabase } from './db/database-identity.ts'
import { sql } from './db/drizzle.ts'
import { OperatorError } from './domain/errors.ts'
import { tryRedis } from './queue/redis-backend.ts'
import type { Runtime } from './runtime.ts'

/** Of one column, at the start. */
const MOST_WARNINGS = 20

export type Stores = Pick<CompleteConfig, 'DATABASE_URL' | 'REDIS_URL'>

/** @throws OperatorError naming the store that does not answer */
export async function requireStores({ DATABASE_URL, REDIS_URL }: Stores): Promise<void> {
  const answer = async (expected: string, attempt: () => Promise<unknown>) => {
    try {
      await attempt()
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error }
      throw new OperatorError(`${expected} that answers (${cause?.message || message})`)
    }
  }
  await answer('DATABASE_URL: expected a Postgres', async () => {
    const { db, close } = connect(DATABASE_URL, { poolSize: 1 })
    await db.execute(sql`select 1`).finally(close)
  })
  if (REDIS_URL) await answer('REDIS_URL: expected a Redis', () => tryRedis(REDIS_URL))
}

/**
 * What can't be opened because it was never sealed is only warned of: it breaks one account or webhook, which the
 * operator mends in the pages of the running app.
 * @throws OperatorError where secrets that are kept for good are sealed with a key that is not at hand
 */
export async function requireKeys({ warmup: { store, log } }: Pick<Runtime, 'warmup'>): Promise<void> {
  const missing = (await store.keyUse.inUse()).filter(({ column, atHand }) => column.lasting && !atHand)
  const keys = Object.entries(Object.groupBy(missing, ({ keyId }) => keyId)).map(([keyId, uses = []]) => {
    const sealed = uses.map(({ secrets, column }) => `${secrets} of ${column.name}`)
    return `the key ${keyId} that seals ${sealed.join(' and ')}`
  })
  if (keys.length > 0) throw new OperatorError(`TOKEN_ENCRYPTION_KEYS: expected also ${keys.join(', and ')}`)
  for (const { column, key, reason } of await store.keyUse.notSealed(MOST_WARNINGS))
    log.warn(
      { column: column.name, id: key },
      `${reason}: write it anew (connect the account, add the webhook)`,
    )
}

/**
 * A backup that was restored takes mail for unsent that was sent since: workers would send it again.
 * @throws OperatorError where the database is not the one that workers ran on before
 */
export async function requireSameDatabase({ db }: Pick<Runtime, 'db'>): Promise<void> {
  if (await isAnotherDatabase(db))
    throw new OperatorError(
      'this database was restored from a backup, or is a copy: run npm run after-restore first, or mail that was sent since would be sent again (docs/backup.md)',
    )
}

/** An own conversation text with a problem is left out, and nothing stops for it. */
export function warnOfTexts({ warmup }: Pick<Runtime, 'warmup'>): void {
  for (const { file, line, problem } of warmup.textProblems)
    warmup.log.warn({ folder: warmup.textsFolder, file, line }, `left out: ${file}:${line} ${problem}`)
}
