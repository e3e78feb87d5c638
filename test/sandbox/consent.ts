import { CLIENT, REDIRECT, SCOPES, type World } from './world.ts'

type Fields = Record<string, string | string[] | undefined>

export function authorizationUrl({ sandbox }: World, parameters: Fields = {}): URL {
  const url = new URL(sandbox.settings.GOOGLE_AUTH_URI ?? '')
  const all = {
    client_id: CLIENT.id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: SCOPES,
    access_type: 'offline',
    ...parameters,
  }
  for (const [name, value] of Object.entries(all)) {
    if (typeof value === 'string') url.searchParams.set(name, value)
  }
  return url
}

/** What a browser would send when the form of the page is submitted, with the given answers. */
export async function readForm(page: Response): Promise<{ action: string; fields: URLSearchParams }> {
  const html = await page.text()
  const fields = new URLSearchParams()
  for (const [input] of html.matchAll(/<input[^>]*>/g)) {
    const {
      type,
      name = '',
      value = '',
    } = Object.fromEntries(
      [...input.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, fromHtml(text ?? '')]),
    )
    const counts = type === 'radio' || type === 'checkbox' ? / checked/.test(input) : true
    if (counts) fields.append(name, value)
  }
  const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1] ?? ''
  return { action: new URL(action, page.url).href, fields }
}

const fromHtml = (text: string) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

export const submit = (action: string, fields: URLSearchParams) =>
  fetch(action, { method: 'POST', body: fields, redirect: 'manual' })

/** Goes through the consent page for a mailbox; answers where the browser is sent. */
export async function consent(world: World, mailbox: string, parameters: Fields = {}): Promise<URL> {
  const page = await fetch(authorizationUrl(world, parameters))
  const { action, fields } = await readForm(page)
  fields.set('mailbox', mailbox)
  fields.set('decision', 'continue')
  const answer = await submit(action, fields)
  return new URL(answer.headers.get('location') ?? 'about:blank')
}

export const requestToken = ({ sandbox }: World, fields: Record<string, string>) =>
  fetch(sandbox.settings.GOOGLE_TOKEN_URI ?? '', {
    method: 'POST',
    body: new URLSearchParams({ client_id: CLIENT.id, client_secret: CLIENT.secret, ...fields }),
  })

export type Tokens = {
  access_token: string
  refresh_token?: string
  scope: string
  id_token?: string
  expires_in: number
  refresh_token_expires_in?: number
}

export async function exchange(
  world: World,
  code: string,
  more: Record<string, string> = {},
): Promise<Response> {
  return requestToken(world, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...more })
}

export const refresh = (world: World, token = '', more: Record<string, string> = {}) =>
  requestToken(world, { grant_type: 'refresh_token', refresh_token: token, ...more })

/** The whole way from consent to tokens. */
export async function connect(world: World, mailbox: string, parameters: Fields = {}): Promise<Tokens> {
  const back = await consent(world, mailbox, parameters)
  const answer = await exchange(world, back.searchParams.get('code') ?? '')
  if (!answer.ok) throw new Error(`no tokens: ${await answer.text()}`)
  return tokensIn(answer)
}

export const tokensIn = async (answer: Response) => (await answer.json()) as Tokens
