import { expect, test } from 'vitest'
import { API_DOCUMENT, OPERATIONS } from '../../../src/web/api/operations.ts'
import { PROBLEM_CODES } from '../../../src/web/api/problems.ts'
import { openSite } from '../site.ts'
import { openApi } from './caller.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const
const described = Object.entries(API_DOCUMENT.paths ?? {}).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => `${method} ${path}`),
)

test('the document names exactly the routes there are', async () => {
  await using api = await openApi()
  expect(described.sort()).toEqual(OPERATIONS.map(({ method, route }) => `${method} ${route}`).sort())
  for (const path of Object.keys(API_DOCUMENT.paths ?? {}))
    for (const method of METHODS) {
      const reply = await api.call(method.toUpperCase(), `/v1${path.replaceAll(/\{\w+\}/g, '4242')}`)
      const isKnown = reply.status !== 405
      expect([method, path, isKnown]).toEqual([method, path, described.includes(`${method} ${path}`)])
    }
})

test('every reference leads somewhere, every parameter of a path is described, every id is one of a kind', () => {
  const text = JSON.stringify(API_DOCUMENT)
  const schemas = Object.keys(API_DOCUMENT.components?.schemas ?? {})
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '')
  expect(references.length).toBeGreaterThan(50)
  for (const reference of references)
    expect(schemas).toContain(reference.replace('#/components/schemas/', ''))
  for (const [path, item] of Object.entries(API_DOCUMENT.paths ?? {}))
    for (const method of METHODS) {
      const parameters = (item[method]?.parameters ?? []) as {
        in: string
        name: string
        required?: boolean
      }[]
      const named = parameters.filter((parameter) => parameter.in === 'path' && parameter.required)
      if (item[method]) expect(named.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
    }
  const ids = OPERATIONS.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(API_DOCUMENT.openapi).toBe('3.1.0')
})

test('what is transformed keeps its default and its examples', () => {
  const text = JSON.stringify(API_DOCUMENT.components?.schemas?.ConnectLinkOrder)
  expect(text).toContain('"default":10080')
  expect(text).toContain('"examples":[["calendar.readonly"]]')
})

test('the document is for keys and for operators, and for nobody else', async () => {
  await using site = await openSite()
  const nobody = await site.visitor().get('/api/v1/openapi.json')
  expect([nobody.status, JSON.parse(nobody.html).type]).toEqual([401, '/docs#unauthenticated'])
  const stranger = await site.visitor().get('/api/v1/openapi.json', { cookie: 'kindling=s%3Amade.up' })
  expect([stranger.status, JSON.parse(stranger.html).type]).toEqual([401, '/docs#unauthenticated'])
  const operator = await (await site.operator()).get('/api/v1/openapi.json')
  expect([operator.status, operator.headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(JSON.parse(operator.html)).toEqual(JSON.parse(JSON.stringify(API_DOCUMENT)))
})

test('every operation says which problems it can have', () => {
  for (const item of Object.values(API_DOCUMENT.paths ?? {}))
    for (const method of METHODS) {
      const responses = Object.keys(item[method]?.responses ?? { 401: 1, 422: 1, 429: 1, 500: 1 })
      expect(responses).toEqual(expect.arrayContaining(['401', '422', '429', '500']))
    }
  expect(PROBLEM_CODES).toHaveLength(16)
})
