import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { METHODS } from '../../src/sandbox/gmail/methods.ts'
import { CONTRACT_IS_HERE, DISCOVERY_DOCUMENT, startContractProxy } from '../support/contract-proxy.ts'
import { connect } from './consent.ts'
import { type Gmail, gmailWith, type Message, mail } from './gmail.ts'
import { ANNA, BEN, openWorld } from './world.ts'

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
  await ben('POST watch', {
    topicName: 'projects/p/topics/t',
    labelIds: ['INBOX'],
    labelFilterBehavior: 'include',
  })
  await ben('POST watch', {})
  await ben('POST stop')
  await ben('DELETE labels/Label_1')
  await ben(`GET messages/${id}/attachments/none`)
}

test.skipIf(!CONTRACT_IS_HERE)("requests and answers keep to Google's discovery document", async () => {
  await using world = await openWorld()
  await using proxy = await startContractProxy(world.sandbox.origin)
  const tokens = [await connect(world, ANNA), await connect(world, BEN)]
  const [anna, ben] = tokens.map(({ access_token }) => gmailWith(proxy.origin, access_token))
  if (!anna || !ben) throw new Error('two clients expected')
  await tour(anna, ben)
  await gmailWith(proxy.origin, 'ya29.bad')('GET profile')
  const report = await proxy.report()
  expect(report.violations).toEqual([])
  expect(report.seen.length).toBeGreaterThan(30)
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

test.skipIf(!CONTRACT_IS_HERE)('routes, parameters and scopes are those of the discovery document', () => {
  const document = JSON.parse(readFileSync(DISCOVERY_DOCUMENT, 'utf8')) as Resource
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
