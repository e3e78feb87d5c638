import type { Request, Response } from 'express'
import { assetPath } from './assets.ts'
import type { WebDependencies } from './dependencies.ts'
import { csrfToken } from './forms.ts'
import { timeView } from './times.ts'

export type Page = { view: string; title: string; model?: object; status?: number }
export type Pages = ReturnType<typeof createPages>

/** Renders views inside the frame that all pages share. */
export function createPages({ notice, warmup }: WebDependencies) {
  const frame = (request: Request) => {
    const now = warmup.clock.now()
    // Without its store there is no session, but still a page that says so.
    const session: Request['session'] | undefined = request.session
    return {
      notice,
      warmupTime: notice && timeView(now, { now, zone: 'UTC' }),
      isOperator: session?.isOperator === true,
      csrf: session?.isOperator ? csrfToken(request) : null,
      asset: assetPath,
    }
  }

  return {
    show(request: Request, response: Response, { view, title, model = {}, status = 200 }: Page): void {
      const flash = takeFlash(request)
      response
        .status(status)
        .set('Cache-Control', 'no-store')
        .render('layout', { ...frame(request), ...model, view, title, flash })
    },

    /** The part of a page that renews itself, without the rest. */
    showPart(request: Request, response: Response, { view, model = {} }: Omit<Page, 'title'>): void {
      response.set('Cache-Control', 'no-store').render(view, { ...frame(request), ...model, isPart: true })
    },
  }
}

function takeFlash(request: Request): string | null {
  const flash = request.session?.flash ?? null
  if (flash !== null) delete request.session.flash
  return flash
}
