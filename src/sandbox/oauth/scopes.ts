import { GMAIL_SCOPES } from '../gmail/scopes.ts'
import { OTHER_SCOPES } from './other-scopes.ts'

export const EMAIL = 'https://www.googleapis.com/auth/userinfo.email'
export const PROFILE = 'https://www.googleapis.com/auth/userinfo.profile'
export const OPENID = 'openid'

/** Scopes with the words of the consent page. */
const TICKABLE: Record<string, string> = { ...GMAIL_SCOPES, ...OTHER_SCOPES }

/** Granted by choosing an account; the consent page shows no checkbox for them. */
const IDENTITY = [OPENID, EMAIL, PROFILE]

const SHORT: Record<string, string> = { email: EMAIL, profile: PROFILE }

/** The scopes of a request under their full names, as Google's answers give them. */
export const parseScopes = (text: string): string[] => [
  ...new Set(
    text
      .split(/\s+/)
      .filter((scope) => scope !== '')
      .map((scope) => SHORT[scope] ?? scope),
  ),
]

export const isIdentity = (scope: string) => IDENTITY.includes(scope)

export const isKnown = (scope: string) => isIdentity(scope) || Object.hasOwn(TICKABLE, scope)

export const describe = (scope: string) => TICKABLE[scope] ?? scope

export const union = (a: string[], b: string[]) => [...new Set([...a, ...b])]
