import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseConfig, requireComplete } from '../../src/config.ts'
import { wallClock } from '../../src/domain/clock.ts'
import { OperatorError } from '../../src/domain/errors.ts'
import type { Logger } from '../../src/logger.ts'
import { createRuntime } from '../../src/runtime.ts'
import { warnOfTexts } from '../../src/start-checks.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindling-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What a process builds at its start; no database is asked for that. */
function start(settings: Record<string, string>) {
  const warnings: unknown[] = []
  const log = { warn: (...line: unknown[]) => warnings.push(line) } as unknown as Logger
  const config = parseConfig({
    DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
    GOOGLE_CLIENT_ID: 'id',
    GOOGLE_CLIENT_SECRET: 'secret',
    TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    ...settings,
  })
  return { runtime: createRuntime(requireComplete(config), wallClock, log), warnings }
}

test('each problem of an own text is one warning, and nothing stops for it', async () => {
  const texts = join(folder, 'conversations')
  mkdirSync(texts)
  writeFileSync(join(texts, 'a.txt'), 'Subject: Cash\n\nHi {{name}},\n---\nYes.\n')
  const { runtime, warnings } = start({ DATA_DIR: folder })
  warnOfTexts(runtime)
  await runtime.close()
  expect(warnings).toEqual([
    [{ folder: texts, file: 'a.txt', line: 1 }, 'left out: a.txt:1 "Cash" reads like spam'],
    [{ folder: texts, file: 'a.txt', line: 3 }, 'left out: a.txt:3 unknown variable {{name}}'],
  ])
})

test('a CONVERSATIONS_DIR that is no folder stops the start with one line that names it', () => {
  const missing = join(folder, 'missing')
  const starting = () => start({ CONVERSATIONS_DIR: missing })
  expect(starting).toThrow(OperatorError)
  expect(starting).toThrow(
    `CONVERSATIONS_DIR=${JSON.stringify(missing)}: expected a folder that can be read (ENOENT)`,
  )
})
