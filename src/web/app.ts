import express, { type Express } from 'express'
import { accountRoutes } from './accounts.ts'
import { apiRoutes, documentForOperator } from './api/routes.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { serveAssets } from './assets.ts'
import { showBanners } from './banners.ts'
import { connectLinkRoutes } from './connect-link.ts'
import { dashboardRoutes } from './dashboard.ts'
import type { WebDependencies } from './dependencies.ts'
import { docsRoutes } from './docs.ts'
import { endingRoutes } from './endings.ts'
import { engineSettingsRoutes } from './engine-settings.ts'
import { handleError, notFound } from './errors.ts'
import { forecastRoutes } from './forecast.ts'
import { gmailPush } from './gmail-push.ts'
import { handingOnRoutes } from './handing-on.ts'
import { onlyOurHost } from './host-check.ts'
import { accountMailRoutes } from './mail.ts'
import { messageRoutes } from './messages.ts'
import { noticeRoutes } from './notices.ts'
import { oauthCallback } from './oauth-callback.ts'
import { createPages } from './pages.ts'
import { probes } from './probes.ts'
import { securityHeaders } from './security-headers.ts'
import { senderDomainRoutes } from './sender-domain.ts'
import { requireOperator, sessions } from './sessions.ts'
import { signInRoutes, signOutRoutes } from './sign-in.ts'
import { textRoutes } from './texts.ts'
import { prepareViews } from './views.ts'

export type { WebDependencies } from './dependencies.ts'

/** The whole web part. What stands above `requireOperator` answers anybody; everything below needs a session. */
export function createApp(deps: WebDependencies): Express {
  const app = express()
  const isHttps = new URL(deps.baseUrl).protocol === 'https:'
  app.disable('x-powered-by')
  prepareViews(app)
  // A proxy ends TLS and the app trusts none of its headers, so BASE_URL alone says that visitors come by https.
  Object.defineProperty(app.request, 'secure', { value: isHttps })

  const pages = createPages(deps)
  app.use(securityHeaders(deps, isHttps))
  app.use(probes(deps))
  app.use('/api', apiRoutes(deps))
  app.use(onlyOurHost(deps.baseUrl))
  app.use(gmailPush(deps))
  app.use(serveAssets())
  app.use(sessions(deps, isHttps))
  app.use(documentForOperator())
  app.use(oauthCallback(deps, pages))
  app.use(connectLinkRoutes(deps, pages))
  app.use(signInRoutes(deps, pages))

  app.use(requireOperator)
  app.use(showBanners(deps))
  app.use(signOutRoutes())
  app.use(dashboardRoutes(deps, pages))
  app.use(accountRoutes(deps, pages))
  app.use(accountMailRoutes(deps, pages))
  app.use(handingOnRoutes(deps, pages))
  app.use(senderDomainRoutes(deps))
  app.use(forecastRoutes(deps, pages))
  app.use(textRoutes(deps, pages))
  app.use(messageRoutes(deps, pages))
  app.use(endingRoutes(deps, pages))
  app.use(engineSettingsRoutes(deps, pages))
  app.use(noticeRoutes(deps, pages))
  app.use(apiKeyRoutes(deps, pages))
  app.use(docsRoutes(deps, pages))
  app.use(notFound)
  app.use(handleError(deps.log, pages))
  return app
}
