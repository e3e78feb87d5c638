import type { Page, Visitor } from './visitor.ts'

/** A form as it stands on a page: what a browser would send of it with all boxes ticked. */
export type Form = { page: string; action: string; fields: [string, string][] }

/** Walks through a site by its links, one page of each kind. */
export async function* linksOf(
  visitor: Visitor,
  start: string,
): AsyncGenerator<{ path: string; page: Page }> {
  const seen = new Set<string>([start])
  const waiting = [start]
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const page = await visitor.get(path)
    yield { path, page }
    for (const [, href = ''] of page.html.matchAll(/href="(\/[^"#]*)"/g)) {
      const link = href.replaceAll('&amp;', '&')
      if (seen.has(kindOf(link)) || link.startsWith('/assets')) continue
      seen.add(kindOf(link))
      waiting.push(link)
    }
  }
}

/** The forms of a site, one of each kind. */
export async function formsOf(visitor: Visitor, start = '/'): Promise<Form[]> {
  const forms = new Map<string, Form>()
  for await (const { path, page } of linksOf(visitor, start))
    for (const [, attributes = '', body = ''] of page.html.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)) {
      const action = attributes.match(/action="([^"]+)"/)?.[1]
      if (action && /method="post"/i.test(attributes))
        forms.set(kindOf(action), { page: path, action, fields: fieldsOf(body) })
    }
  return [...forms.values()]
}

/** The same for /accounts/1 and /accounts/2, /texts/a and /texts/b, and whatever the query. */
function kindOf(path: string): string {
  return path
    .replace(/\?.*$/, '')
    .replaceAll(/\d+/g, ':id')
    .replace(/^\/texts\/.+$/, '/texts/:key')
}

function fieldsOf(body: string): [string, string][] {
  const fields: [string, string][] = []
  for (const [tag] of body.matchAll(/<input[^>]*>/g)) {
    const isOff = /type="radio"/.test(tag) && !/\schecked/.test(tag)
    if (!isOff) fields.push([attribute(tag, 'name'), attribute(tag, 'value')])
  }
  for (const [, tag = '', content = ''] of body.matchAll(/<textarea([^>]*)>([\s\S]*?)<\/textarea>/g))
    fields.push([attribute(tag, 'name'), unescaped(content)])
  for (const [, tag = '', options = ''] of body.matchAll(/<select([^>]*)>([\s\S]*?)<\/select>/g)) {
    const all = [...options.matchAll(/<option([^>]*)>([^<]*)/g)]
    const [, chosen = '', words = ''] = all.find(([tag]) => /\sselected/.test(tag)) ?? all[0] ?? []
    fields.push([attribute(tag, 'name'), attribute(chosen, 'value') || unescaped(words).trim()])
  }
  return fields.filter(([name]) => name !== '' && name !== '_csrf')
}

function attribute(tag: string, name: string): string {
  return unescaped(tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1] ?? '')
}

function unescaped(text: string): string {
  return text
    .replaceAll('&#39;', "'")
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
