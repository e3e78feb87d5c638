import { expect, test } from 'vitest'
import { openApi } from './caller.ts'

const LINK = '/v1/accounts/anna@example.com/connect-link'

test('a body that can’t be read says so, whatever it holds', async () => {
  await using api = await openApi()
  for (const raw of ['{', '{"kind": vault}', 'kind=vault'])
    expect([raw, (await api.call('POST', LINK, { raw })).problem]).toEqual([raw, 'unreadable'])
  expect((await api.call('GET', '/v1/accounts/%E0%A4%A')).problem).toBe('unreadable')
})

test('a body has to be declared as JSON, in an encoding we know', async () => {
  await using api = await openApi()
  const wrong: Record<string, string>[] = [
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': '' },
    { 'content-type': 'application/json; charset=koi8-r' },
    { 'content-encoding': 'compress' },
  ]
  for (const headers of wrong) {
    const reply = await api.call('POST', LINK, { raw: '{}', headers })
    expect([headers, reply.status, reply.problem]).toEqual([headers, 415, 'unsupported_media_type'])
  }
})

test('a body of more than 20 kB is too large', async () => {
  await using api = await openApi()
  const reply = await api.call('POST', LINK, { body: { kind: 'x'.repeat(21_000) } })
  expect([reply.status, reply.problem]).toEqual([413, 'too_large'])
})

test('everything that is wrong is named at once, with what was expected', async () => {
  await using api = await openApi()
  const body = { valid_for_minutes: 0, extra_scopes: 'calendar', kind: 'cold', scopes: [] }
  const wrongBody = await api.call('POST', `${LINK}?soon=1`, { body })
  expect([wrongBody.status, wrongBody.problem]).toEqual([422, 'invalid_request'])
  expect(wrongBody.body.errors).toEqual([
    { in: 'query', path: 'soon', problem: 'is not known', expected: 'nothing here' },
    {
      in: 'body',
      path: 'valid_for_minutes',
      problem: 'is 0',
      expected: 'a whole number from 1 to 43200',
    },
    { in: 'body', path: 'extra_scopes', problem: 'is “calendar”', expected: 'a list of scopes' },
    { in: 'body', path: 'kind', problem: 'is “cold”', expected: 'one of warmup, pool, vault' },
    {
      in: 'body',
      path: 'scopes',
      problem: 'is not known',
      expected: 'nothing but valid_for_minutes, extra_scopes, kind',
    },
  ])
  const query = 'limit=201&after=-1&kind=x&kind=y&status=removed&email=%00&page=2'
  const wrongQuery = await api.call('GET', `/v1/accounts?${query}`)
  expect(
    wrongQuery.body.errors.map(({ path, problem }: Record<string, string>) => `${path} ${problem}`),
  ).toEqual([
    'limit is 201',
    'after is “-1”',
    'kind is a list',
    'status is “removed”',
    'email is “\0”',
    'page is not known',
  ])
})

test('of thousands of wrong fields fifty are named, and how many there are', async () => {
  await using api = await openApi()
  const body = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [i.toString(36), 0]))
  const reply = await api.call('POST', LINK, { body })
  expect([reply.status, reply.body.errors.length]).toEqual([422, 50])
  expect(reply.body.detail).toBe('2000 fields are not as expected. The first 50 of them are named.')
})

test('numbers are read as they are written, or not at all', async () => {
  await using api = await openApi()
  for (const query of [
    'limit=',
    'limit=1e2',
    'limit=0x10',
    'limit=%201',
    'limit=1.0',
    'limit=0',
    'limit=1&limit=2',
  ]) {
    const { body } = await api.call('GET', `/v1/accounts?${query}`)
    expect([query, body.errors]).toMatchObject([
      query,
      [{ in: 'query', path: 'limit', expected: 'a whole number from 1 to 200' }],
    ])
  }
})

test('an account is called by its id or its address, and nothing else', async () => {
  await using api = await openApi()
  for (const reference of ['0', '-1', 'anna', '99999999999999999999', '%00@example.com', '1.5']) {
    const reply = await api.call('GET', `/v1/accounts/${reference}`)
    expect([reference, reply.status, reply.body.errors]).toMatchObject([
      reference,
      422,
      [{ in: 'path', path: 'account', expected: 'an account’s id or its email address' }],
    ])
  }
  expect(api.site.errors).toEqual([])
})

test('a body that is no object is named as that', async () => {
  await using api = await openApi()
  for (const raw of ['[]', 'null', '"{}"', '7']) {
    const { body } = await api.call('POST', LINK, { raw })
    expect([raw, body.errors]).toMatchObject([raw, [{ in: 'body', path: '', expected: 'a JSON object' }]])
  }
  const { body } = await api.call('PUT', '/v1/accounts/anna@example.com/credentials')
  expect(body.errors.map(({ path, problem }: Record<string, string>) => `${path} ${problem}`)).toEqual([
    'client_id is missing',
    'client_secret is missing',
    'refresh_token is missing',
  ])
})

test('an error of ours shows a reference, and only the log tells what it was', async () => {
  await using api = await openApi()
  const { accounts } = api.world.runtime.warmup.store
  accounts.byId = () => Promise.reject(new Error('the secret reason'))
  const reply = await api.call('GET', '/v1/accounts/1')
  expect([reply.status, reply.problem]).toEqual([500, 'internal'])
  expect(reply.text).not.toContain('secret')
  expect(api.site.errors).toEqual([
    [
      expect.objectContaining({ reference: reply.body.reference, method: 'GET', path: '/v1/accounts/1' }),
      'an API call broke',
    ],
  ])
})
