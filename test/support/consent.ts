import type { Callback } from '../../src/warmup/connect-account.ts'

export type ConsentAnswer = { decision?: 'continue' | 'cancel'; without?: string[] }

/** Does what a person does on Google's consent page; returns what the browser then carries to the callback. */
export async function giveConsent(
  url: string,
  mailbox: string,
  answer: ConsentAnswer = {},
): Promise<Callback> {
  const page = await fetch(url)
  const html = await page.text()
  if (!page.ok) throw new Error(`no consent page: ${page.status} ${html.replace(/<[^>]*>/g, ' ')}`)
  const fields = new URLSearchParams()
  for (const [tag] of html.matchAll(/<input[^>]*>/g)) {
    const attribute = (name: string) => unescaped(tag.match(new RegExp(` ${name}="([^"]*)"`))?.[1] ?? '')
    const isChoice = ['radio', 'checkbox'].includes(attribute('type'))
    if (isChoice && !/ checked/.test(tag)) continue
    if (answer.without?.includes(attribute('value'))) continue
    fields.append(attribute('name'), attribute('value'))
  }
  fields.set('mailbox', mailbox)
  fields.set('decision', answer.decision ?? 'continue')
  const action = unescaped(html.match(/<form[^>]*action="([^"]*)"/)?.[1] ?? '')
  const back = await fetch(new URL(action, url), { method: 'POST', body: fields, redirect: 'manual' })
  const location = back.headers.get('location')
  if (!location) throw new Error(`the consent page answered ${back.status}: ${await back.text()}`)
  return Object.fromEntries(new URL(location).searchParams) as Callback
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
