import { expect, test } from 'vitest'
import { API_DOCUMENT } from '../../../src/web/api/operations.ts'
import { PROBLEMS } from '../../../src/web/api/problem-kinds.ts'
import { PROBLEM_CODES } from '../../../src/web/api/problems.ts'
import { openSite } from '../site.ts'
import { textOf } from '../visitor.ts'

test('the page tells of every operation, with what it takes and answers, and every link on it leads somewhere', async () => {
  await using site = await openSite()
  const page = await (await site.operator()).get('/docs')
  expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const text = textOf(page)
  for (const [path, item] of Object.entries(API_DOCUMENT.paths ?? {}))
    for (const method of ['get', 'put', 'post', 'delete'] as const) {
      const operation = item[method]
      if (!operation) continue
      expect(text).toContain(`${method.toUpperCase()} /api/v1${path}`)
      expect(text).toContain(operation.description)
      expect(page.html).toContain(`id="${operation.operationId}"`)
    }
  expect(page.html.match(/curl /g)).toHaveLength(
    Object.values(API_DOCUMENT.paths ?? {}).flatMap(Object.keys).length,
  )
  const anchors = [...page.html.matchAll(/href="#([^"]+)"/g)].map(([, anchor]) => anchor)
  for (const anchor of anchors) expect(page.html).toContain(`id="${anchor}"`)
  expect(page.html).not.toMatch(/undefined|\[object|<script(?![^>]* src=)|<style|\sstyle=/)
})

test('every type of problem has its place on the page', async () => {
  await using site = await openSite()
  const page = await (await site.operator()).get('/docs')
  const text = textOf(page)
  for (const code of PROBLEM_CODES) {
    expect(page.html).toContain(`id="${code}"`)
    expect(text).toContain(`${PROBLEMS[code].status} ${code} ${PROBLEMS[code].title}`)
    expect(text).toContain(PROBLEMS[code].means.replace('<key>', '&lt;key&gt;'))
  }
})

test('an example can be run as it stands', async () => {
  await using site = await openSite()
  const text = textOf(await (await site.operator()).get('/docs'))
  expect(text).toContain(
    `curl '${site.url}/api/v1/accounts/anna@example.com/token' \\ --header "Authorization: Bearer $KINDLING_KEY" `,
  )
  expect(text).toContain(
    `--json '{"valid_for_minutes":10080,"extra_scopes":["calendar.readonly"],"kind":"vault"}'`,
  )
})

test('the page is for operators', async () => {
  await using site = await openSite()
  const page = await site.visitor().get('/docs')
  expect([page.status, page.location]).toEqual([302, '/sign-in'])
})
