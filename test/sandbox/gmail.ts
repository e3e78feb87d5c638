import { connect } from './consent.ts'
import type { World } from './world.ts'

export type Message = {
  id: string
  threadId: string
  labelIds: string[]
  snippet: string
  raw: string
  historyId: string
  internalDate: string
  payload: { headers: { name: string; value: string }[]; mimeType: string; parts?: { mimeType: string }[] }
}

export type Answer<T> = { status: number; headers: Headers; body: T }

export type GoogleFailure = {
  error: { code: number; message: string; status: string; errors: { reason: string; domain: string }[] }
}

export type Gmail = <T = Record<string, never>>(route: string, body?: unknown) => Promise<Answer<T>>

/** A client of one mailbox: `gmail('POST messages/send', {raw})`. */
export async function gmailOf(world: World, mailbox: string, scope?: string): Promise<Gmail> {
  const { access_token } = await connect(world, mailbox, scope === undefined ? {} : { scope })
  return gmailWith(world.sandbox.origin, access_token)
}

export function gmailWith(origin: string, accessToken: string): Gmail {
  return async <T>(route: string, body?: unknown) => {
    const [method = '', path = ''] = route.split(' ')
    const answer = await fetch(`${origin}/gmail/v1/users/me/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: (text ? JSON.parse(text) : {}) as T }
  }
}

/** A mail in base64url, from a list of header lines and a text. */
export const mail = (fields: Record<string, string>, text = 'Hello there.') =>
  Buffer.from(
    `${Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n${text}`,
  ).toString('base64url')

export async function send(gmail: Gmail, fields: Record<string, string>, more: { threadId?: string } = {}) {
  const { status, body } = await gmail<Message>('POST messages/send', { raw: mail(fields), ...more })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body
}

export async function list(gmail: Gmail, query = ''): Promise<{ id: string; threadId: string }[]> {
  const { status, body } = await gmail<{ messages?: { id: string; threadId: string }[] }>(
    `GET messages${query}`,
  )
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body.messages ?? []
}

export async function get(gmail: Gmail, id: string, query = ''): Promise<Message> {
  const { status, body } = await gmail<Message>(`GET messages/${id}${query}`)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body
}

/** The only message of a list. */
export async function only(gmail: Gmail, query = ''): Promise<Message> {
  const found = await list(gmail, query)
  if (found.length !== 1) throw new Error(`${found.length} messages instead of one`)
  return get(gmail, found[0]?.id ?? '')
}

export const headerOf = (message: Message, name: string) =>
  message.payload.headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value
