import { fileURLToPath } from 'node:url'
import ejs from 'ejs'
import type { Express } from 'express'

/** EJS, each view read and compiled once. */
export function prepareViews(app: Express): void {
  app.engine('ejs', ejs.renderFile)
  app.set('views', fileURLToPath(new URL('../../views', import.meta.url)))
  app.set('view engine', 'ejs')
  app.enable('view cache')
}
