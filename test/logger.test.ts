import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Logs in a process of its own, whose output is read as an operator reads it. */
function logged(statement: string): string {
  const script = `import { createLogger } from './src/logger.ts'\nconst log = createLogger('trace')\n${statement}`
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
}

test.each([
  ["log.info({ access_token: 'ya29.x' }, 'm')"],
  ["log.info({ token: { refresh_token: 'ya29.x' } }, 'm')"],
  ["log.info({ a: { b: { client_secret: 'ya29.x' } } }, 'm')"],
  [
    "log.error({ err: Object.assign(new Error('refused'), { config: { headers: { authorization: 'ya29.x' } } }) }, 'm')",
  ],
  ["log.error({ err: new Error('Failed query: select $1\\nparams: ya29.x') }, 'm')"],
  [
    "log.error({ err: new Error('m', { cause: Object.assign(new Error('c'), { request: 'ya29.x' }) }) }, 'm')",
  ],
])('a secret does not get into the log: %s', (statement) => {
  const line = logged(statement)
  expect(line).toContain('"msg":"m"')
  expect(line).not.toContain('ya29.x')
})

test('an error is logged with its cause', () => {
  expect(
    logged("log.error({ err: new Error('query failed', { cause: new Error('no such table') }) }, 'm')"),
  ).toContain('no such table')
})
