import type { RequestHandler } from 'express'
import helmet from 'helmet'
import type { WebDependencies } from './dependencies.ts'

export function securityHeaders({ warmup }: WebDependencies, isHttps: boolean): RequestHandler {
  // Chromium holds a form's redirects to form-action too, and the connect form's ends at Google.
  const consentOrigin = new URL(warmup.oauth.consentUrl({ state: '', codeVerifier: '' })).origin
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
        'form-action': ["'self'", consentOrigin],
        ...(isHttps ? { 'upgrade-insecure-requests': [] } : {}),
      },
    },
    strictTransportSecurity: isHttps,
    xFrameOptions: { action: 'deny' },
  })
}
