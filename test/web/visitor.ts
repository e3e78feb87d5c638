export type Page = { status: number; location: string | null; headers: Headers; html: string }

type Fields = Record<string, string> | [string, string][]

/** A browser without JavaScript: it keeps its cookie and sends forms back with the token that came with them. */
export class Visitor {
  readonly #url: string
  cookie = ''

  constructor(url: string) {
    this.#url = url
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#ask(path, { headers })
  }

  /** Sends a form that stands on the page `from`. */
  async submit(from: string, path: string, fields: Fields = {}): Promise<Page> {
    const token = csrfOf(await this.get(from))
    return this.post(path, [['_csrf', token], ...(Array.isArray(fields) ? fields : Object.entries(fields))])
  }

  post(path: string, fields: Fields): Promise<Page> {
    return this.#ask(path, { method: 'POST', body: new URLSearchParams(fields) })
  }

  async #ask(path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Page> {
    const response = await fetch(new URL(path, this.#url), {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, ...(this.cookie ? { cookie: this.cookie } : {}) },
    })
    const [cookie] = response.headers.getSetCookie()
    if (cookie) this.cookie = cookie.slice(0, cookie.indexOf(';'))
    return {
      status: response.status,
      location: response.headers.get('location'),
      headers: response.headers,
      html: await response.text(),
    }
  }
}

/** The token that the forms of a page are sent back with. */
export function csrfOf({ html }: Page): string {
  return html.match(/name="_csrf" value="([^"]+)"/)?.[1] ?? ''
}

/** What a reader sees of a page, without its markup. */
export function textOf({ html }: Page): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&#34;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
}
