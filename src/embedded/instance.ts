import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatorError } from '../domain/errors.ts'

/**
 * Settings that a running `npm start` found for itself (its database, its key, its Google), left in DATA_DIR so that
 * the other scripts reach the same instance. What the environment says goes before them.
 */
export type InstanceSettings = Record<string, string>

const fileIn = (dataDir: string) => join(dataDir, 'instance.json')

export async function publishInstance(
  dataDir: string,
  settings: InstanceSettings,
): Promise<() => Promise<void>> {
  await writeFile(fileIn(dataDir), `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 })
  return () => rm(fileIn(dataDir), { force: true })
}

function readInstance(dataDir: string): InstanceSettings {
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as InstanceSettings
  } catch {
    return {}
  }
}

/**
 * The environment, with what a running instance has left for it in DATA_DIR.
 * @throws OperatorError where neither names a database
 */
export function withInstance(
  environment: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const dataDir = environment.DATA_DIR || '.data'
  const settings = { ...readInstance(dataDir), ...environment }
  if (!settings.DATABASE_URL)
    throw new OperatorError(
      `no kindling runs on DATA_DIR="${dataDir}": start it with npm start, or set DATABASE_URL`,
    )
  return settings
}
