import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { emailBodies, mailRoutes } from './inbox-schema.ts'
import { accounts, oauthStates, webhooks } from './schema.ts'
import { accountContext, emailContext, routeContext, webhookContext } from './sealing.ts'

export type SealedColumn = {
  name: string
  table: PgTable
  key: PgColumn
  sealed: PgColumn
  /** What the secret of the row with this key is bound to. */
  context(key: number | string): string
  /** Whether the secrets are needed for good; the others are worth nothing within minutes. */
  lasting: boolean
}

/** Every column that keeps sealed secrets. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  {
    name: 'accounts.oauth_token',
    table: accounts,
    key: accounts.id,
    sealed: accounts.oauthToken,
    context: accountContext,
    lasting: true,
  },
  {
    name: 'webhooks.sealed',
    table: webhooks,
    key: webhooks.id,
    sealed: webhooks.sealed,
    context: webhookContext,
    lasting: true,
  },
  {
    name: 'mail_routes.sealed',
    table: mailRoutes,
    key: mailRoutes.id,
    sealed: mailRoutes.sealed,
    context: (id) => routeContext(Number(id)),
    lasting: true,
  },
  {
    name: 'email_bodies.sealed',
    table: emailBodies,
    key: emailBodies.key,
    sealed: emailBodies.sealed,
    context: (key) => emailContext(String(key)),
    lasting: true,
  },
  {
    name: 'oauth_states.sealed',
    table: oauthStates,
    key: oauthStates.stateHash,
    sealed: oauthStates.sealed,
    context: (stateHash) => `oauth-state:${stateHash}`,
    lasting: false,
  },
]
