import type { Express } from 'express'

export type Route = { method: string; path: string }
type Layer = {
  handle?: { stack?: Layer[] }
  route?: { path: string | string[]; stack: { method?: string }[] }
}

/** Every route of the pages, with its parameters as they are written (`/accounts/:id`); those of the API are OPERATIONS. */
export function routesOf(app: Express): Route[] {
  const found = (layers: readonly Layer[]): Route[] =>
    layers.flatMap(({ route, handle }) => {
      if (!route) return found(handle?.stack ?? [])
      const methods = new Set(route.stack.map(({ method }) => method ?? 'all'))
      return [route.path]
        .flat()
        .flatMap((path) => [...methods].map((method) => ({ method: method.toUpperCase(), path })))
    })
  return found((app as unknown as { router: { stack: Layer[] } }).router.stack)
}

/** Those of a page whose parameters are filled in, each once. */
export function pathsOf(app: Express, method: string, parameter = '1'): string[] {
  const paths = routesOf(app)
    .filter((route) => [method, 'ALL'].includes(route.method) && !isApi(route))
    .map(({ path }) => path.replaceAll(/:\w+/g, parameter))
  return [...new Set(paths)]
}

function isApi({ path }: Route): boolean {
  return path.startsWith('/v1') || path.startsWith('/api/')
}
