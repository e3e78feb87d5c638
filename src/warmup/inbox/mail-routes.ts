import type { Account } from '../../db/accounts.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { RouteConditions, RouteTarget } from '../../domain/mail-route.ts'
import { isForeignQueue } from '../../domain/queue-name.ts'
import type { Warmup } from '../dependencies.ts'
import { readWebhookUrl } from '../webhooks.ts'

export const MOST_ROUTES = 50

/** `account` is an address; empty: of any account. */
export type WantedRoute = Omit<RouteConditions, 'accountId'> & {
  name: string
  account: string
  target: RouteTarget
  /** A webhook's URL, a queue's name or an address. */
  destination: string
}
export type RefusedRoute = { field: 'name' | 'account' | 'target' | 'destination'; words: string }
/** The URL and secret of a webhook, which are shown once. */
export type AddedRoute = { name: string; webhook: { url: string; secret: string } | null }

/** Adds a route, which takes what comes in from then on; or says what is wrong with it. */
export async function addRoute(
  warmup: Warmup,
  { account: address, destination: text, ...wanted }: WantedRoute,
): Promise<{ added: AddedRoute } | { refused: RefusedRoute }> {
  const { store, notifier, clock } = warmup
  const account = address === '' ? null : await findAccount(warmup, address)
  if (address !== '' && !account) return refused('account', `there is no account “${address}”`)
  const read = await readDestination(warmup, wanted.target, text)
  if ('refused' in read) return read
  const webhook = read.url === null ? null : { url: read.url, secret: notifier.newWebhookSecret() }
  const route = { ...wanted, destination: read.destination, webhook, accountId: account?.id ?? null }
  return store.transaction(async (tx) => {
    const now = clock.now()
    await tx.mailRoutes.lock()
    if ((await tx.mailRoutes.all()).length >= MOST_ROUTES)
      return refused('name', `there are ${MOST_ROUTES} routes, and no more are looked at: remove one`)
    if ((await tx.mailRoutes.add({ ...route, now })) === null)
      return refused('name', `there is a route “${wanted.name}”: choose another name`)
    const { name, target } = wanted
    const data = { name, target, destination: read.destination }
    await tx.events.add({ kind: 'route_added', at: now, accountId: route.accountId, data })
    return { added: { name, webhook } }
  })
}

/** What was removed, with how many mails that waited for it; null where it was gone already. */
export function removeRoute({ store, clock }: Warmup, id: number) {
  return store.transaction(async (tx) => {
    const removed = await tx.mailRoutes.remove(id)
    if (removed)
      await tx.events.add({ kind: 'route_removed', at: clock.now(), accountId: null, data: removed })
    return removed
  })
}

/** Has all that was given up for a route handed on after all. Returns how many those are. */
export async function replayRoute(warmup: Warmup, routeId: number): Promise<number> {
  const route = (await warmup.store.mailRoutes.all()).find(({ id }) => id === routeId)
  return route ? replay(warmup, { routeId }, { route: route.name, accountId: null }) : 0
}

/** The same for one mail. */
export async function replayHandoff(warmup: Warmup, handoffId: number): Promise<number> {
  const found = await warmup.store.mailReports.handoff(handoffId)
  return found ? replay(warmup, { handoffId }, found) : 0
}

type Which = { handoffId: number } | { routeId: number }

function replay(
  { store, clock }: Warmup,
  which: Which,
  { route, accountId }: { route: string; accountId: number | null },
): Promise<number> {
  const now = clock.now()
  return store.transaction(async (tx) => {
    const mails = await tx.mailRoutes.replay(which, now)
    if (mails > 0)
      await tx.events.add({ kind: 'handoffs_replayed', at: now, accountId, data: { route, mails } })
    return mails
  })
}

async function findAccount({ store }: Warmup, address: string): Promise<Account | null> {
  const account = await store.accounts.byEmail(address)
  return account?.status === 'removed' ? null : account
}

type Destination = { destination: string; url: string | null } | { refused: RefusedRoute }

async function readDestination(warmup: Warmup, target: RouteTarget, text: string): Promise<Destination> {
  switch (target) {
    case 'webhook':
      try {
        const url = readWebhookUrl(text)
        return { destination: new URL(url).host, url }
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error
        return refused('destination', error.message)
      }
    case 'queue':
      if (isForeignQueue(text)) return { destination: text, url: null }
      return refused(
        'destination',
        `“${text}”: expected the name of a queue of your own workers, 1 to 100 letters, digits, “.”, “_” or “-”, and none of kindling’s`,
      )
    case 'mail':
      if (!warmup.notifier.mail)
        return refused('target', 'there is no mail server to send by: set SMTP_URL and NOTICE_MAIL_TO')
      // It would be fetched there and could be handed on for ever.
      if (await findAccount(warmup, text))
        return refused(
          'destination',
          `“${text}” is an account here: expected an address whose mail is not fetched`,
        )
      return { destination: text, url: null }
  }
}

function refused(field: RefusedRoute['field'], words: string): { refused: RefusedRoute } {
  return { refused: { field, words } }
}
