const WARM_UPS = 3
const REQUESTS = 30

export type Page = {
  name: string
  path: string
  headers?: Record<string, string>
  form?: Record<string, string>
  status?: number
  /** What stands in its HTML, so that an empty page does not count as a quick one. */
  shows: string
}
export type Timing = { page: string; queries: Set<number>; first: number; times: number[]; bytes: number }

export type Visit = (page: Page) => Promise<string>

export async function timePage(page: Page, visit: Visit, queries: () => number): Promise<Timing> {
  const result: Timing = { page: page.name, queries: new Set(), first: 0, times: [], bytes: 0 }
  for (let request = 0; request < WARM_UPS + REQUESTS; request += 1) {
    const before = queries()
    const start = performance.now()
    const html = await visit(page)
    const ms = performance.now() - start
    if (request === 0) result.first = ms
    if (request < WARM_UPS) continue
    result.times.push(ms)
    result.queries.add(queries() - before)
    result.bytes = Buffer.byteLength(html)
  }
  return result
}

/** A visitor with an operator's session, who sends forms with the token of the pages before. */
export async function signIn(baseUrl: string, link: string): Promise<Visit> {
  const answer = await fetch(link, { redirect: 'manual' })
  // The session is saved between the answer's head and its end.
  await answer.text()
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0]
  if (answer.status !== 303 || !cookie) throw new Error(`the sign-in link answered with ${answer.status}`)
  let token = ''
  return async ({ name, path, headers, form, status = 200, shows }) => {
    const response = await fetch(new URL(path, baseUrl), {
      redirect: 'manual',
      headers: { ...headers, cookie },
      ...(form ? { method: 'POST', body: new URLSearchParams({ ...form, _csrf: token }) } : {}),
    })
    const html = await response.text()
    if (response.status !== status || !html.includes(shows))
      throw new Error(
        `${name}: expected ${status} and ${shows}, got ${response.status} and ${html.slice(0, 300)}`,
      )
    token = html.match(/name="_csrf" value="([^"]+)"/)?.[1] ?? token
    return html
  }
}
