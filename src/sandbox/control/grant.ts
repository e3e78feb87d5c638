import { isAddress } from '../mail/addresses.ts'
import { issueFirst } from '../oauth/first-tokens.ts'
import { consenting } from '../oauth/grants.ts'
import type { IssueOptions } from '../oauth/issue.ts'
import { isKnown, parseScopes } from '../oauth/scopes.ts'
import type { Client } from '../state/shapes.ts'
import { ControlError } from './control-error.ts'

export type GrantOrder = {
  scopes: string[]
  /** The client of the start when left out. */
  clientId?: string
}

export type GrantedTokens = {
  refreshToken: string
  accessToken: string
  /** When the access token ends, in milliseconds of simulated time. */
  expiresAt: number
}

export function grant(
  mailbox: string,
  wanted: string[],
  client: Client,
  options: IssueOptions,
): GrantedTokens {
  const scopes = parseScopes(wanted.join(' '))
  if (scopes.length === 0) throw new ControlError('a grant needs a scope')
  const unknown = scopes.filter((scope) => !isKnown(scope))
  if (unknown.length > 0) throw new ControlError(`unknown scopes: ${unknown.join(', ')}`)
  if (client.disabled) throw new ControlError(`the client is disabled: ${client.id}`)
  const { store } = options
  store.commit(consenting(store.state, mailbox, scopes))
  const authorized = { clientId: client.id, mailbox, scopes }
  const { access, refresh, changes } = issueFirst(authorized, options, { withRefreshToken: true })
  if (!refresh) throw new Error('a first consent gives a refresh token')
  store.commit(changes)
  return { refreshToken: refresh.token, accessToken: access.token, expiresAt: access.expiresAt }
}

export function readAddress(text: string): string {
  const address = text.trim().toLowerCase()
  if (!isAddress(address)) throw new ControlError(`not an address: ${text}`)
  return address
}
