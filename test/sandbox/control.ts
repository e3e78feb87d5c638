import type { World } from './world.ts'

/** A call of the control API: `control(world, 'POST mailboxes', {address})`. */
export function control(
  { sandbox }: World,
  route: string,
  body?: unknown,
  headers = { 'x-sandbox-control': '1' },
) {
  const [method = '', path = ''] = route.split(' ')
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(`${sandbox.origin}/sandbox/${path}`, { method, headers, ...content })
}

export const answer = async (response: Promise<Response>) =>
  (await response).json() as Promise<Record<string, unknown>>
