import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { KEY_BYTES } from './domain/token.ts'
import { keptSecret } from './embedded/kept-secret.ts'
import { startEmbeddedPostgres } from './embedded/postgres.ts'
import type { Process } from './process.ts'

export type FoundDatabase = { DATABASE_URL: string; TOKEN_ENCRYPTION_KEYS?: string }

/** The database that the settings name, else the embedded one in DATA_DIR, with the key that is kept beside it. */
export async function findDatabase({ config, onStop }: Process, name: string): Promise<FoundDatabase> {
  const { DATABASE_URL, DATA_DIR, TOKEN_ENCRYPTION_KEYS } = config
  if (DATABASE_URL) return { DATABASE_URL }
  const postgres = await startEmbeddedPostgres(DATA_DIR, name)
  onStop(postgres.stop)
  return {
    DATABASE_URL: postgres.url,
    ...(TOKEN_ENCRYPTION_KEYS ? {} : { TOKEN_ENCRYPTION_KEYS: await keptKey(DATA_DIR) }),
  }
}

function keptKey(dataDir: string): Promise<string> {
  return keptSecret(join(dataDir, 'token-encryption.key'), () => randomBytes(KEY_BYTES).toString('base64'))
}
