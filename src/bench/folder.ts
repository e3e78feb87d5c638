import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OnStop } from './closing.ts'

/** An empty folder, and nobody's. */
export async function ownFolder(onStop: OnStop): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kindling-bench-'))
  onStop(() => rm(folder, { recursive: true, force: true }))
  return folder
}
