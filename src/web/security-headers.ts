import type { RequestHandler } from 'express'
import helmet from 'helmet'
import type { WebDependencies } from './dependencies.ts'

export function securityHeaders({ warmup }: WebDependencies, isHttps: boolean): RequestHandler {
  // Chromium holds a form's redirects to form-action too. The connect form's end at Google, and from there, where a
  // company signs its people in, at any https address.
  const consent = new URL(warmup.oauth.consentUrl({ state: '', codeVerifier: '', scopes: [] }))
  const consentTargets = consent.protocol === 'https:' ? 'https:' : consent.origin
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        // Pico draws its arrows and ticks as data: images.
        'img-src': ["'self'", 'data:'],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
        'form-action': ["'self'", consentTargets],
        ...(isHttps ? { 'upgrade-insecure-requests': [] } : {}),
      },
    },
    strictTransportSecurity: isHttps,
    xFrameOptions: { action: 'deny' },
  })
}
