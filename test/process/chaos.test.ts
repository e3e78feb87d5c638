import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { childEnvironment } from '../support/child-environment.ts'
import { BACKENDS } from '../support/world.ts'

const SEED = process.env.TEST_SEED ?? '1'
const MINUTES = process.env.TEST_CHAOS_MINUTES ?? '0.3'

/** What it says, and how it ends. */
const chaos = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['scripts/chaos.ts', ...args], { env: childEnvironment() }).then(
    (ended) => ({ ...ended, code: 0 }),
    (ended: { code: number; stdout: string; stderr: string }) => ended,
  )

describe.each(BACKENDS)('with the queue on %s', (backend) => {
  test('workers that are killed and frozen, while stores and Google fail, lose and double nothing', async () => {
    const { stdout, stderr, code } = await chaos('--minutes', MINUTES, '--seed', SEED, '--backend', backend)
    console.info(stdout)
    expect(code, `${stdout}\n${stderr}`).toBe(0)
    expect(stdout).toContain('nothing lost, nothing doubled')
    expect(stdout).toMatch(/sent [1-9]/)
  }, 600_000)
})

test('an option that makes no sense is told with what was expected, and nothing is begun', async () => {
  expect(await chaos('--minutes', 'ten')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--minutes ten: expected a number'),
  })
})
