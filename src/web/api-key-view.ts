import type { ApiKey } from '../db/api-keys.ts'
import { API_SCOPES, type ApiScope } from '../domain/api-key.ts'
import { type ApiKeyErrors, type ApiKeyValues, type LIFETIMES, NAME_LENGTH } from './api-key-form.ts'
import { type TimeView, timeView } from './times.ts'

type KeyState = { name: 'active' | 'expired' | 'revoked'; words: string }

/** A key in the list. Its times are the wall's, so `wallNow` is the visitors' time. */
export function apiKeyView(key: ApiKey, wallNow: Date) {
  const at = (instant: Date | null): TimeView | null =>
    instant && timeView(instant, { now: wallNow, zone: 'UTC' })
  const state = stateOf(key, wallNow)
  return {
    name: key.name,
    scopes: key.scopes,
    state,
    created: at(key.createdAt),
    expires: at(key.expiresAt),
    lastUsed: at(key.lastUsedAt),
    revoked: at(key.revokedAt),
    revokeHref: state.name === 'revoked' ? null : `/api-keys/${key.id}/revoke`,
  }
}

function stateOf({ revokedAt, expiresAt }: ApiKey, wallNow: Date): KeyState {
  if (revokedAt) return { name: 'revoked', words: 'Revoked' }
  if (expiresAt && expiresAt <= wallNow) return { name: 'expired', words: 'Expired' }
  return { name: 'active', words: 'Active' }
}

/** What a key with this permission may do, beside its box. */
const SCOPE_WORDS: Record<ApiScope, string> = {
  'accounts:read': 'See the accounts, their state and what is known of their tokens, but no token.',
  'accounts:write': 'Pause, resume and remove accounts, and make links for the owners of mailboxes.',
  'messages:read': 'See the mail that was fetched from any mailbox: heads, and texts where you keep them.',
  'tokens:read': 'Be handed a valid access token of any account, and with it read and send its mail.',
  'tokens:write': 'Store credentials, and force a new access token, which it is handed too.',
}

const LIFETIME_WORDS: Record<keyof typeof LIFETIMES, string> = {
  '30': '30 days',
  '90': '90 days',
  '365': '1 year',
  never: 'Never',
}

/** The fields of the form that makes a key, each with its message. */
export function apiKeyFormView(values: ApiKeyValues, errors: ApiKeyErrors = {}) {
  return {
    hasErrors: Object.keys(errors).length > 0,
    name: { id: 'key-name', value: values.name, error: errors.name ?? null, longest: NAME_LENGTH },
    scopes: {
      id: 'key-scopes',
      error: errors.scopes ?? null,
      boxes: API_SCOPES.map((scope) => ({
        scope,
        words: SCOPE_WORDS[scope],
        isTicked: values.scopes.includes(scope),
      })),
    },
    lifetime: {
      id: 'key-lifetime',
      error: errors.lifetime ?? null,
      choices: Object.entries(LIFETIME_WORDS).map(([value, words]) => ({
        value,
        words,
        isChosen: value === values.lifetime,
      })),
    },
  }
}
