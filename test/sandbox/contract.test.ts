import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { METHODS } from '../../src/sandbox/gmail/methods.ts'
import { connect } from './consent.ts'
import { type Gmail, gmailWith, type Message, mail } from './gmail.ts'
import { ANNA, BEN, openWorld } from './world.ts'

// Google's discovery document is not part of this repository. Who has it beside the checkout, with the
// proxy that checks requests and answers against it, runs this test too.
const PROXY = path.resolve(import.meta.dirname, '../../../shared/contract/gmail-contract.mjs')
const present = fs.existsSync(PROXY)
if (!present)
  console.warn(`SKIPPED: the sandbox was NOT held against Google's contract, there is no ${PROXY}`)

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startProxy(upstream: string): Promise<AsyncDisposable & { origin: string }> {
  const port = await freePort()
  const child = spawn(process.execPath, [PROXY], {
    env: { ...process.env, UPSTREAM: upstream, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** Every method once or more, also in vain. */
async function tour(anna: Gmail, ben: Gmail): Promise<void> {
  await anna('GET profile')
  const raw = mail({ To: `${BEN}, ghost@x.test`, Subject: 'Plans', 'Message-ID': '<1@a.test>' })
  const { body: draft } = await anna<{ id: string }>('POST drafts', { message: { raw } })
  await anna('GET drafts')
  await anna('GET drafts?q=plans&maxResults=1')
  for (const format of ['minimal', 'metadata', 'full', 'raw'])
    await anna(`GET drafts/${draft.id}?format=${format}`)
  await anna(`PUT drafts/${draft.id}`, { message: { raw } })
  const { body: sent } = await anna<Message>('POST drafts/send', { id: draft.id })
  await anna('POST drafts/send', { id: draft.id })
  const { body: spare } = await anna<{ id: string }>('POST drafts', { message: { raw } })
  await anna(`DELETE drafts/${spare.id}`)
  await anna('POST messages/send', { raw, threadId: sent.threadId })
  await anna('POST messages/send', { raw: mail({ Subject: 'x' }) })
  const { body: found } = await ben<{ messages: Message[] }>('GET messages?q=in:anywhere&maxResults=1')
  const [{ id = '', threadId = '' } = {}] = found.messages
  for (const format of ['minimal', 'metadata', 'full', 'raw']) {
    await ben(`GET messages/${id}?format=${format}&metadataHeaders=To&metadataHeaders=From`)
    if (format !== 'raw') await ben(`GET threads/${threadId}?format=${format}`)
  }
  await ben('GET threads?includeSpamTrash=true')
  await ben('GET messages?q=in:drafts')
  await ben('GET messages?q=larger:1')
  await ben('POST labels', { name: 'Warm', color: { textColor: '#000000', backgroundColor: '#ffffff' } })
  await ben('POST labels', { name: 'Warm' })
  await ben('PUT labels/Label_1', { id: 'Label_1', name: 'Warmer' })
  await ben('PATCH labels/Label_1', { labelListVisibility: 'labelHide' })
  await ben('GET labels')
  await ben('GET labels/Label_1')
  await ben('GET labels/INBOX')
  await ben(`POST messages/${id}/modify`, { addLabelIds: ['Label_1'], removeLabelIds: ['UNREAD'] })
  await ben(`POST messages/${id}/modify`, { addLabelIds: ['SENT'] })
  await ben('POST messages/batchModify', { ids: [id], addLabelIds: ['STARRED'] })
  await ben(`POST messages/${id}/trash`)
  await ben(`POST messages/${id}/untrash`)
  await ben(`POST threads/${threadId}/modify`, { addLabelIds: ['INBOX'] })
  await ben(`POST threads/${threadId}/trash`)
  await ben(`POST threads/${threadId}/untrash`)
  await ben('GET history?startHistoryId=1000&maxResults=2')
  await ben('GET history?startHistoryId=1')
  await ben('DELETE labels/Label_1')
  await ben(`GET messages/${id}/attachments/none`)
}

test.skipIf(!present)("requests and answers keep to Google's discovery document", async () => {
  await using world = await openWorld()
  await using proxy = await startProxy(world.sandbox.origin)
  const tokens = [await connect(world, ANNA), await connect(world, BEN)]
  const [anna, ben] = tokens.map(({ access_token }) => gmailWith(proxy.origin, access_token))
  if (!anna || !ben) throw new Error('two clients expected')
  await tour(anna, ben)
  await gmailWith(proxy.origin, 'ya29.bad')('GET profile')
  const report = (await (await fetch(`${proxy.origin}/__report`)).json()) as Record<string, unknown[]>
  expect(report.violations).toEqual([])
  expect(report.seen?.length).toBeGreaterThan(30)
})

type Resource = {
  methods?: Record<
    string,
    { id: string; httpMethod: string; flatPath: string; scopes: string[]; parameters: object }
  >
  resources?: Record<string, Resource>
}

const methodsIn = (resource: Resource): NonNullable<Resource['methods']>[string][] => [
  ...Object.values(resource.methods ?? {}),
  ...Object.values(resource.resources ?? {}).flatMap(methodsIn),
]

test.skipIf(!present)('routes, parameters and scopes are those of the discovery document', () => {
  const document = JSON.parse(
    fs.readFileSync(path.join(path.dirname(PROXY), 'gmail.v1.json'), 'utf8'),
  ) as Resource
  const official = new Map(methodsIn(document).map((method) => [method.id, method]))
  for (const { id, route, query, scopes } of METHODS) {
    const method = official.get(id)
    expect(route).toBe(`${method?.httpMethod} ${method?.flatPath.replace('gmail/v1/users/{userId}/', '')}`)
    const inQuery = Object.keys(method?.parameters ?? {}).filter((name) => name !== 'userId')
    expect([id, ...query].sort()).toEqual(
      [id, ...inQuery.filter((name) => !route.includes(`{${name}}`))].sort(),
    )
    // Add-on scopes cannot be granted to a web app.
    const grantable = method?.scopes.filter((scope) => !scope.includes('gmail.addons.'))
    expect([id, ...scopes].sort()).toEqual([id, ...(grantable ?? [])].sort())
  }
})
