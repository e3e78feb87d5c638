import type { RequestHandler } from 'express'

/** Refuses any other Host, so that a name which an attacker points at our address opens nothing (DNS rebinding). */
export function onlyOurHost(baseUrl: string): RequestHandler {
  const { host } = new URL(baseUrl)
  return (request, response, next) => {
    if (request.headers.host?.toLowerCase() === host) return next()
    response.status(421).type('text').send(`This server answers only at ${baseUrl}\n`)
  }
}
