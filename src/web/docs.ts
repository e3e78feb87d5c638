import { Router } from 'express'
import { API_DOCUMENT } from './api/operations.ts'
import type { WebDependencies } from './dependencies.ts'
import { docsView } from './docs-view.ts'
import type { Pages } from './pages.ts'

/** The API, readable. */
export function docsRoutes({ baseUrl }: WebDependencies, pages: Pages): Router {
  const model = docsView(API_DOCUMENT, baseUrl)
  return Router().get('/docs', (request, response) => {
    pages.show(request, response, { view: 'pages/docs', title: 'API', model })
  })
}
