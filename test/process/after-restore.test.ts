import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { childEnvironment } from '../support/child-environment.ts'
import { openWorld, type World } from '../support/world.ts'

type Result = { code: number; output: string }

function run(world: World, script: string, ...options: string[]): Promise<Result> {
  const { TOKEN_ENCRYPTION_KEYS, DATABASE_URL, BASE_URL, GOOGLE_API_ROOT } = world.config
  const env = {
    ...childEnvironment(),
    ...world.sandbox.settings,
    GOOGLE_API_ROOT,
    DATABASE_URL,
    BASE_URL,
    LOG_LEVEL: script.startsWith('workers/') ? 'info' : 'warn',
    TOKEN_ENCRYPTION_KEYS: TOKEN_ENCRYPTION_KEYS[0]?.toString('base64'),
  }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...options], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    )
    // A worker that does start is stopped, and has ended well.
    child.stdout?.on('data', (chunk) => {
      if (String(chunk).includes('workers are running')) child.kill('SIGTERM')
    })
  })
}

/** What a restored dump differs in: its tables were made anew. */
const makeAnew = (world: World) =>
  world.runtime.db.execute(sql`
    update database_identity set identity = replace(identity, 'messages'::regclass::oid::text, '1')`)

test('workers begin on a restored database only once the mailboxes were asked', async () => {
  await using world = await openWorld()
  await world.connect('anna@sandbox.test')
  const refused = await run(world, 'scripts/after-restore.ts')
  expect(refused).toEqual({ code: 2, output: expect.stringContaining('is the one that workers ran on last') })

  await makeAnew(world)
  const worker = await run(world, 'workers/tidy.ts')
  expect(worker).toEqual({ code: 2, output: expect.stringContaining('run npm run after-restore first') })

  const caughtUp = await run(world, 'scripts/after-restore.ts')
  expect([caughtUp.code, caughtUp.output]).toEqual([0, expect.stringContaining('Workers may run')])
  expect((await run(world, 'workers/tidy.ts')).code).toBe(0)
})

test('a database that was moved while nothing ran is taken as it is', async () => {
  await using world = await openWorld()
  await run(world, 'scripts/after-restore.ts')
  await makeAnew(world)
  const moved = await run(world, 'scripts/after-restore.ts', '--moved')
  expect(moved).toEqual({ code: 0, output: 'Workers may run on this database now.\n' })
  expect(await run(world, 'scripts/after-restore.ts', '--moved', '--files')).toEqual({
    code: 2,
    output: expect.stringContaining('not both'),
  })
})

test('while Google does not answer, workers do not begin', async () => {
  await using world = await openWorld()
  await world.connect('anna@sandbox.test', { startVolume: 2 })
  await world.connect('ben@sandbox.test', { kind: 'pool' })
  await world.settle()
  await world.runUntil(new Date('2026-03-02T08:30:00Z'))
  await run(world, 'scripts/after-restore.ts')
  await makeAnew(world)
  world.sandbox.control.addFault({ path: '/gmail/', status: 503 })
  const failed = await run(world, 'scripts/after-restore.ts')
  expect(failed).toEqual({ code: 2, output: expect.stringContaining('run this again') })
  expect((await run(world, 'workers/tidy.ts')).output).toContain('run npm run after-restore first')
})
