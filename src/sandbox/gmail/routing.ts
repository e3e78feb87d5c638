import { GoogleError } from '../http/google-error.ts'
import { METHODS, type Method } from './methods.ts'

export type Route = { method: Method; userId: string; params: Record<string, string> }

const ROUTES = METHODS.map((method) => {
  const [verb, path = ''] = method.route.split(' ')
  const pattern = path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')
  return { method, verb, path: new RegExp(`^/gmail/v1/users/(?<userId>[^/]+)/${pattern}$`) }
})

/** The literal paths stand before `{id}` in the table, so that the first hit is the right one. */
export function route(verb: string, path: string): Route {
  for (const candidate of ROUTES) {
    if (candidate.verb !== verb) continue
    const found = candidate.path.exec(path)
    if (!found?.groups) continue
    const { userId = '', ...params } = Object.fromEntries(
      Object.entries(found.groups).map(([name, value]) => [name, decode(value)]),
    )
    return { method: candidate.method, userId, params }
  }
  throw new GoogleError(404, 'notFound', `The requested URL ${path} was not found on this server.`)
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
