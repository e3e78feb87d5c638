import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { sql } from '../../src/db/drizzle.ts'
import { MOST_HANDOFF_TRIES } from '../../src/domain/mail-route.ts'
import { freePort } from '../../src/embedded/postgres.ts'
import { HANDED_MAIL, handedMailSchema } from '../../src/notices/handed-mail-schema.ts'
import { childEnvironment } from '../support/child-environment.ts'
import { addHook, addRoute, fetchNow, handoffsOf } from '../support/mail-routes.ts'
import { openReceiver } from '../support/receiver.ts'
import { BACKENDS, openWorld, type World } from '../support/world.ts'

const document = readFileSync('docs/handing-on.md', 'utf8')
const ANNA = 'anna@sandbox.test'
const environment = { SYNC_EVERY_MINUTES: '1440' }

const folder = mkdtempSync(join(tmpdir(), 'kindling-handing-on-'))
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A program as it stands in a document. */
function exampleIn(text: string, name: string): string {
  const [, source] = text.match(new RegExp(`\`\`\`js ${name}\\n(.*?)\`\`\``, 's')) ?? []
  if (!source) throw new Error(`the document has no ${name}`)
  return source
}

/** Runs a program of the document as it stands there. */
async function startExample(name: string, env: Record<string, string | undefined>) {
  const source = exampleIn(document, name)
  writeFileSync(join(folder, name), source)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', name], {
    cwd: folder,
    env: { ...childEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const errors: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line))
  const gone = once(child, 'exit')
  return {
    lines,
    errors,
    async [Symbol.asyncDispose]() {
      child.kill()
      await gone
    },
  }
}

function deliver(world: World, ...subjects: string[]): void {
  for (const subject of subjects)
    world.sandbox.control.deliverForeign(ANNA, { from: 'carl@elsewhere.example', subject, text: 'Hi' })
}

/** As after a kill before it was kept that they were taken. */
async function handOnAgain({ runtime: { db, warmup }, clock }: World, routeId: number): Promise<void> {
  await db.execute(sql`update handoffs set state = 'dead'`)
  await warmup.store.mailRoutes.replay({ routeId }, clock.now())
}

test('the receiver of the document takes what is signed, once, and nothing else', async () => {
  await using world = await openWorld({ environment })
  await world.connect(ANNA, { kind: 'vault' })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const route = await addHook(world, url)
  const env = { PORT: String(port), WEBHOOK_SECRET: route.secret }
  await using receiver = await startExample('receiver.mjs', env)
  await expect.poll(() => receiver.lines, { timeout: 10_000 }).toEqual(['ready'])

  deliver(world, 'One', 'Größe 👍')
  await fetchNow(world)
  await handOnAgain(world, route.id)
  await world.settle()
  expect(await handoffsOf(world, route.id)).toMatchObject([{ state: 'handed' }, { state: 'handed' }])
  expect(receiver.lines).toEqual(['ready', `${ANNA}: One`, `${ANNA}: Größe 👍`])

  await using recorder = await openReceiver()
  const { notifier } = world.runtime.warmup
  const body = '{"id":"handoff-x"}'
  await notifier.post({ url: recorder.url, secret: route.secret }, { id: 'handoff-x', body })
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
  const headers = Object.fromEntries(names.map((name) => [name, String(recorder.received[0]?.headers[name])]))
  const post = async (more: Record<string, string>, text = body) =>
    (await fetch(url, { method: 'POST', headers: { ...headers, ...more }, body: text })).status
  expect(await post({}, '{"id":"handoff-y"}')).toBe(401)
  expect(await post({ 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 600) })).toBe(401)
  expect(await post({ 'webhook-timestamp': 'now' })).toBe(401)
  expect(await post({ 'webhook-signature': 'v1,AAAA' })).toBe(401)
  expect(await post({}, ' '.repeat(1_000_001))).toBe(413)
  expect(receiver.lines).toHaveLength(3)
  expect(receiver.errors).toEqual([])
})

describe.each(BACKENDS)('the worker of the document, the queue on %s', (backend) => {
  test('reads what is handed on, once', async () => {
    await using world = await openWorld({ environment, backend })
    await world.connect(ANNA, { kind: 'vault' })
    const route = await addRoute(world, { target: 'queue', destination: 'incoming-mail' })
    const { REDIS_URL, DATABASE_URL } = world.config
    await using worker = await startExample(`${backend}-worker.mjs`, { REDIS_URL, DATABASE_URL })
    deliver(world, 'One', 'Two')
    await fetchNow(world)
    const told = () => worker.lines.map((line) => line.replace(/^handoff-\S+ /, ''))
    await expect.poll(told, { timeout: 15_000 }).toEqual([`${ANNA}: One`, `${ANNA}: Two`])
    await handOnAgain(world, route)
    deliver(world, 'Three')
    await fetchNow(world)
    await expect.poll(told, { timeout: 15_000 }).toEqual([`${ANNA}: One`, `${ANNA}: Two`, `${ANNA}: Three`])
    expect(worker.errors).toEqual([])
  })
})

test('the schema is the one that the code has: node scripts/handed-mail-schema.ts writes it anew', () => {
  expect(JSON.parse(readFileSync('docs/handed-mail.schema.json', 'utf8'))).toEqual(handedMailSchema())
})

test('what is handed on is as the schema says, whatever the mail', async () => {
  await using world = await openWorld({ environment })
  await world.connect(ANNA, { kind: 'vault' })
  await using receiver = await openReceiver()
  await addHook(world, receiver.url)
  deliver(world, 'One', '', '\ud83d\ude00'.repeat(2000), '\0\u2028"\\')
  const { control } = world.sandbox
  control.deliverForeign(ANNA, { raw: 'From: x@y.example\r\nX-Failed-Recipients: a@b.example\r\n\r\n' })
  control.deliverForeign(ANNA, { raw: 'From: x@y.example\r\nMessage-ID: \r\nCc: a@b.example\r\n\r\nText' })
  await fetchNow(world)
  expect(receiver.received).toHaveLength(6)
  const schema = z.fromJSONSchema(JSON.parse(readFileSync('docs/handed-mail.schema.json', 'utf8')))
  for (const { body } of receiver.received) {
    const mail = JSON.parse(body)
    expect(schema.safeParse(mail)).toMatchObject({ success: true })
    expect(HANDED_MAIL.strict().parse(mail)).toEqual(mail)
    for (const wrong of [
      { ...mail, id: 7 },
      { ...mail, message: { ...mail.message, class: 'spam' } },
    ])
      expect(schema.safeParse(wrong).success).toBe(false)
  }
})

test('the document says with how many tries a mail is given up', () => {
  expect(document).toContain(`after ${MOST_HANDOFF_TRIES} tries`)
})

test('the worker in the README is the one that is run here', () => {
  const name = 'redis-worker.mjs'
  expect(exampleIn(readFileSync('README.md', 'utf8'), name)).toBe(exampleIn(document, name))
})
