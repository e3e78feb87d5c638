import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KEY_BYTES } from '../domain/token.ts'

/** The encryption key of an instance that was given none: made once, kept in DATA_DIR, readable by its owner alone. */
export async function keepEncryptionKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'token-encryption.key')
  try {
    await writeFile(path, randomBytes(KEY_BYTES).toString('base64'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return (await readFile(path, 'utf8')).trim()
}
