import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'

/** A secret that is made once and kept in a file that only its owner reads. A crash leaves a whole file or none. */
export async function keptSecret(path: string, make: () => string): Promise<string> {
  const fresh = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(fresh, make(), { mode: 0o600 })
  try {
    // Unlike a rename, a link never replaces what is there.
    await link(fresh, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(fresh)
  }
  return (await readFile(path, 'utf8')).trim()
}
