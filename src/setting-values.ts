import { Resolver } from 'node:dns'
import { z } from 'zod'

// What settings are made of. The message of each schema is what was expected.

export const url = (what: string, ...protocols: string[]) =>
  z.string().refine((text) => {
    const parsed = URL.canParse(text) ? new URL(text) : null
    return parsed !== null && protocols.includes(parsed.protocol) && isDecodable(parsed)
  }, what)
export const httpUrl = url('a full http:// or https:// URL', 'http:', 'https:')
/** Our own addresses begin at the root, whatever stands before them. */
export const origin = httpUrl.pipe(
  z
    .string()
    .transform((text) => new URL(text))
    .refine(
      ({ origin, href }) => /^\/*$/.test(href.slice(origin.length)),
      'a full http:// or https:// URL that ends with the host or the port',
    )
    .transform(({ origin }) => origin),
)
export const addresses = z
  .string()
  .regex(/^[^\s,@]+@[^\s,@]+(\s*,\s*[^\s,@]+@[^\s,@]+)*$/, 'addresses, separated by commas')
export const dnsServers = z
  .string()
  .transform((text) => text.split(',').map((server) => server.trim()))
  .refine(takenByNode, 'addresses of DNS servers, separated by commas, such as 1.1.1.1,[::1]:5353')
export const integer = (low: number, high: number) => {
  const what = `a whole number from ${low} to ${high}`
  return z
    .string()
    .regex(/^\d+$/, what)
    .transform(Number)
    .refine((n) => n >= low && n <= high, what)
}
export const host = z
  .string()
  .refine(
    (text) => /^[\w.:-]+$/.test(text) && URL.canParse(`http://${hostOf(text)}`),
    'an address to listen on, such as 127.0.0.1, or the name of one',
  )

/** An address that listens everywhere is no address to visit. */
export function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** The drivers decode what stands in a URL, and break at what can't be decoded. */
function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname)
    return true
  } catch {
    return false
  }
}

function takenByNode(servers: string[]): boolean {
  try {
    new Resolver().setServers(servers)
    return true
  } catch {
    return false
  }
}
