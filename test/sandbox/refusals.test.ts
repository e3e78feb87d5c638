import { request } from 'node:http'
import { expect, test } from 'vitest'
import { connect } from './consent.ts'
import { type GoogleFailure, gmailOf, gmailWith, list, mail, send } from './gmail.ts'
import { ANNA, BEN, GMAIL, MINUTE, openWorld } from './world.ts'

test('a bad token is told in the envelope of Google', async () => {
  await using world = await openWorld()
  const { status, body } = await gmailWith(world.sandbox.origin, 'ya29.bad')<GoogleFailure>('GET profile')
  expect(status).toBe(401)
  expect(body.error).toMatchObject({
    code: 401,
    status: 'UNAUTHENTICATED',
    errors: [{ reason: 'authError' }],
  })
  expect(body.error.message).toContain('Request had invalid authentication credentials')
})

test.each([
  ['readonly', 'GET messages', 200],
  ['readonly', 'POST messages/send', 403],
  ['readonly', 'POST drafts', 403],
  ['send', 'POST messages/send', 400],
  ['send', 'GET profile', 403],
  ['send', 'GET messages', 403],
  ['compose', 'GET drafts', 200],
  ['compose', 'GET messages', 403],
  ['labels', 'GET labels', 200],
  ['labels', 'GET profile', 403],
  ['metadata', 'GET messages', 200],
  ['metadata', 'GET messages?q=x', 403],
  ['metadata', 'GET history?startHistoryId=1000', 200],
  ['metadata', 'GET drafts', 403],
  ['modify', 'GET messages?q=x', 200],
])('with the scope gmail.%s, %s answers %i', async (scope, route, expected) => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA, GMAIL + scope)
  const { status, body } = await anna<GoogleFailure>(route, route.startsWith('POST') ? {} : undefined)
  expect(status).toBe(expected)
  if (expected !== 403 || route.includes('?q=')) return
  expect(body.error).toMatchObject({
    status: 'PERMISSION_DENIED',
    errors: [{ reason: 'insufficientPermissions' }],
    details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }],
  })
})

test('the metadata scope shows headers and no body', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA, `${GMAIL}metadata`)
  const { id } = world.sandbox.control.deliverForeign(ANNA, { from: 'o@x.test', subject: 's', text: 't' })
  expect((await anna(`GET messages/${id}`)).status).toBe(403)
  expect((await anna(`GET messages/${id}?format=metadata`)).status).toBe(200)
})

test.each([
  ['GET messages/18f0000000000000', undefined, 404, 'notFound'],
  ['GET messages/not-an-id', undefined, 400, 'invalidArgument'],
  ['GET drafts/r1', undefined, 404, 'notFound'],
  ['GET threads/1', undefined, 404, 'notFound'],
  ['GET labels/Label_1', undefined, 404, 'notFound'],
  ['GET nothing', undefined, 404, 'notFound'],
  ['GET messages?maxResults=many', undefined, 400, 'invalidArgument'],
  ['GET messages?labelIds=Label_1', undefined, 400, 'invalidArgument'],
  ['GET messages?surprise=1', undefined, 400, 'invalidArgument'],
  ['POST messages/send', { raw: '###' }, 400, 'invalidArgument'],
  ['POST messages/send', [], 400, 'invalidArgument'],
  ['POST drafts', {}, 400, 'invalidArgument'],
  ['POST drafts/send', {}, 400, 'invalidArgument'],
])('%s with %j answers %i %s', async (route, body, status, reason) => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const answer = await anna<GoogleFailure>(route, body)
  expect(answer.status).toBe(status)
  expect(answer.body.error).toMatchObject({ code: status, errors: [{ reason }] })
})

test('a user has 6,000 quota units in each minute of simulated time', async () => {
  await using world = await openWorld()
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  for (let count = 0; count < 60; count += 1) await send(anna, { To: BEN, Subject: 'x' })
  const refused = await anna<GoogleFailure>('GET profile')
  expect(refused.status).toBe(429)
  expect(refused.body.error).toMatchObject({
    status: 'RESOURCE_EXHAUSTED',
    errors: [{ domain: 'usageLimits', reason: 'rateLimitExceeded' }],
  })
  expect(refused.headers.get('retry-after')).toBe('60')
  expect((await ben('GET profile')).status).toBe(200)
  world.pass(MINUTE)
  expect((await anna('GET profile')).status).toBe(200)
})

test('the quota can be turned off', async () => {
  await using world = await openWorld()
  world.sandbox.control.setOptions({ quota: false })
  const anna = await gmailOf(world, ANNA)
  for (let count = 0; count < 61; count += 1) await send(anna, { To: BEN, Subject: 'x' })
})

test('a body beyond 35 MB is refused', async () => {
  await using world = await openWorld()
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request(`${world.sandbox.origin}/gmail/v1/users/me/messages/send`, {
      method: 'POST',
      headers: { 'content-length': 36 * 1024 * 1024 },
    })
    outgoing.once('response', (answer) => resolve(answer.statusCode))
    outgoing.once('error', reject)
    outgoing.write('{')
  })
  expect(status).toBe(413)
})

test('a fault answers in the place of the work, as often as ordered', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const headers = { 'retry-after': '7' }
  world.sandbox.control.addFault({
    path: '/messages/send$',
    method: 'POST',
    count: 2,
    reason: 'rateLimitExceeded',
    headers,
  })
  const raw = mail({ To: BEN, Subject: 'x' })
  expect((await anna('GET profile')).status).toBe(200)
  for (const _ of [1, 2]) {
    const { status, headers, body } = await anna<GoogleFailure>('POST messages/send', { raw })
    expect([status, headers.get('retry-after')]).toEqual([429, '7'])
    expect(body.error.errors[0]?.reason).toBe('rateLimitExceeded')
  }
  expect(world.sandbox.control.faults()).toEqual([])
  expect(await list(anna)).toEqual([])
  expect((await anna('POST messages/send', { raw })).status).toBe(200)
})

test.each([
  ['userRateLimitExceeded', 403],
  ['dailyLimitExceeded', 403],
  ['domainPolicy', 403],
  ['backendError', 500],
])('a fault for %s answers %i', async (reason, status) => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  world.sandbox.control.addFault({ path: '/profile', reason })
  expect(await anna('GET profile')).toMatchObject({ status, body: { error: { errors: [{ reason }] } } })
})

test('a fault speaks the language of OAuth at the token endpoint', async () => {
  await using world = await openWorld()
  world.sandbox.control.addFault({ path: '^/token$', status: 400, reason: 'invalid_grant', message: 'Gone.' })
  await expect(connect(world, ANNA)).rejects.toThrow('{"error":"invalid_grant","error_description":"Gone."}')
})

test('a dropped answer leaves the work done; a connection dropped before leaves nothing', async () => {
  await using world = await openWorld()
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  const { body: draft } = await anna<{ id: string }>('POST drafts', {
    message: { raw: mail({ To: BEN, Subject: 'x' }) },
  })
  world.sandbox.control.addFault({ path: '/drafts/send', drop: 'before' })
  world.sandbox.control.addFault({ path: '/drafts/send', drop: 'after' })
  await expect(anna('POST drafts/send', { id: draft.id })).rejects.toThrow()
  expect(await list(ben)).toEqual([])
  await expect(anna('POST drafts/send', { id: draft.id })).rejects.toThrow()
  expect(await list(ben)).toHaveLength(1)
  expect((await anna('POST drafts/send', { id: draft.id })).status).toBe(404)
})

test('a delayed request is answered after the delay, with the work done', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  world.sandbox.control.addFault({ path: '/profile', delayMs: 80 })
  const start = performance.now()
  expect((await anna('GET profile')).status).toBe(200)
  expect(performance.now() - start).toBeGreaterThan(75)
})
