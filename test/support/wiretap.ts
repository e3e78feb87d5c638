/** Listens to what this process and Google's OAuth endpoints tell each other, and keeps every secret of it. */
export function tapGoogle(): Disposable & { secrets: Set<string> } {
  const secrets = new Set<string>()
  const keep = (value: unknown) => void (typeof value === 'string' && value.length > 12 && secrets.add(value))
  const { fetch } = globalThis
  globalThis.fetch = async (input, init) => {
    const answer = await fetch(input, init)
    if (!/\/token$/.test(new URL(String(input)).pathname)) return answer
    for (const [name, value] of new URLSearchParams(String(init?.body ?? '')))
      if (['code', 'code_verifier', 'client_secret', 'refresh_token'].includes(name)) keep(value)
    const told = (await answer
      .clone()
      .json()
      .catch(() => null)) as Record<string, unknown> | null
    for (const name of ['access_token', 'refresh_token', 'id_token']) keep(told?.[name])
    return answer
  }
  return {
    secrets,
    [Symbol.dispose]() {
      globalThis.fetch = fetch
    },
  }
}

/** The simulated Google's tokens and codes, as anybody would know them. */
export const TOKEN_PATTERN = /ya29\.a0[\w-]{20}|1(?:\/|\\\/|%2F){2}0[\w-]{20}|4(?:\/|\\\/|%2F)0A[\w-]{20}/i

/** The forms of the secrets that a text holds, plain or encoded; empty where it holds none. */
export function secretsIn(text: string, secrets: Iterable<string>): string[] {
  const found = [...secrets].flatMap((secret) => formsOf(secret).filter((form) => text.includes(form)))
  const shaped = text.match(TOKEN_PATTERN)?.[0]
  return shaped ? [...found, shaped] : found
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  // Inside a longer text the encoding of a secret depends on where it begins; its edges are mixed with its neighbours.
  const shifted = [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
    return [padded.toString('base64').slice(4, -4), padded.toString('base64url').slice(4, -4)]
  })
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    ...shifted,
  ]
}
