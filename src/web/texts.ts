import { Router } from 'express'
import { renderSubject, renderTurn } from '../domain/conversation.ts'
import type { LoadedText } from '../texts/load-conversations.ts'
import type { WebDependencies } from './dependencies.ts'
import { NotFound } from './errors.ts'
import type { Pages } from './pages.ts'
import { counted } from './words.ts'

/** Between whom a preview plays. */
const PEOPLE = ['Anna', 'Ben'] as const
const HIGHEST_SEED = 1_000_000
/** How many versions are looked at for one that differs. */
const LOOK_AHEAD = 50

/** The conversation texts: all of them, and one as two people would see it. */
export function textRoutes({ warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()

  router.get('/texts', async (request, response) => {
    const uses = await warmup.store.textUses.total()
    pages.show(request, response, {
      view: 'pages/texts',
      title: 'Texts',
      model: {
        folder: warmup.textsFolder,
        problems: warmup.textProblems,
        texts: warmup.texts.map((text) => ({
          href: hrefOf(text, 1),
          subject: renderSubject(text, 1),
          key: text.key,
          mails: text.turns.length,
          isOwn: text.origin === 'own',
          uses: uses.get(text.key) ?? 0,
        })),
      },
    })
  })

  router.get('/texts/:key', (request, response) => {
    const text = warmup.texts.find(({ key }) => key === request.params.key)
    if (!text) throw new NotFound()
    const seed = seedIn(request.query.seed)
    pages.show(request, response, {
      view: 'pages/text',
      title: renderSubject(text, seed),
      model: {
        key: text.key,
        about: `${text.origin === 'own' ? 'Your own text' : 'A bundled text'}, ${counted(text.turns.length, 'mail')}, version ${seed}`,
        turns: turnsOf(text, seed),
        another: anotherOf(text, seed),
      },
    })
  })

  return router
}

function turnsOf(text: LoadedText, seed: number) {
  return text.turns.map((_, i) => previewOf(text, i + 1, seed))
}

/** The way to the next version, after the last one the first, that reads differently; null for a text without choices. */
function anotherOf(text: LoadedText, seed: number): string | null {
  const wordsOf = (version: number) => JSON.stringify([renderSubject(text, version), turnsOf(text, version)])
  const shown = wordsOf(seed)
  for (let step = 0; step < LOOK_AHEAD; step++) {
    const next = ((seed + step) % HIGHEST_SEED) + 1
    if (wordsOf(next) !== shown) return hrefOf(text, next)
  }
  return null
}

function previewOf(text: LoadedText, turn: number, seed: number) {
  const [sender, recipient] = turn % 2 === 1 ? PEOPLE : PEOPLE.toReversed()
  return {
    sender,
    recipient,
    words: renderTurn(text, { turn, seed, sender: sender ?? null, recipient: recipient ?? null }),
  }
}

/** Which version is asked for: a whole number from 1 on; anything else is the first. */
function seedIn(query: unknown): number {
  const seed = typeof query === 'string' && /^\d{1,7}$/.test(query) ? Number(query) : 1
  return seed >= 1 && seed <= HIGHEST_SEED ? seed : 1
}

function hrefOf({ key }: LoadedText, seed: number): string {
  return `/texts/${encodeURIComponent(key)}${seed === 1 ? '' : `?seed=${seed}`}`
}
