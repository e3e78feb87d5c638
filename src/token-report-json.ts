import { missingScopes, opensGmail } from './domain/token.ts'
import { FAILURE_ADVICE, needsOwner, type TokenFailure } from './domain/token-failure.ts'
import type { TokenCheck, TokenHealth } from './warmup/check-token.ts'

/** What `tokens:check --json` prints; documented in docs/tokens-check.md. A change that breaks a reader raises `version`. */
export function jsonReport(checks: readonly TokenCheck[], checkedAt: Date) {
  return {
    version: 1,
    checked_at: checkedAt.toISOString(),
    counts: {
      accounts: checks.length,
      needs_reauth: checks.filter(needsReauth).length,
      health: healthCounts(checks),
      failure: failureCounts(checks),
    },
    accounts: checks.map(accountOf),
  }
}

export function needsReauth({ failure }: TokenCheck): boolean {
  return failure !== null && needsOwner(failure)
}

export function healthCounts(checks: readonly TokenCheck[]): Record<TokenHealth, number> {
  const counts = { valid: 0, refreshed: 0, due: 0, failed: 0 }
  for (const { health } of checks) counts[health] += 1
  return counts
}

/** Only the failures that there are. */
function failureCounts(checks: readonly TokenCheck[]): Partial<Record<TokenFailure, number>> {
  const counts: Partial<Record<TokenFailure, number>> = {}
  for (const { failure } of checks) if (failure) counts[failure] = (counts[failure] ?? 0) + 1
  return counts
}

function accountOf(check: TokenCheck) {
  const { account, health, failure, words } = check
  return {
    id: account.id,
    email: account.email,
    kind: account.kind,
    status: account.status,
    health,
    failure: failure && { code: failure, ...published(failure), words },
    needs_reauth: needsReauth(check),
    token: tokenOf(check),
  }
}

function published(failure: TokenFailure) {
  const { means, advice, mender } = FAILURE_ADVICE[failure]
  return { meaning: means, advice, mender }
}

function tokenOf(check: TokenCheck) {
  const { token, account } = check
  return (
    token && {
      scopes: {
        granted: token.scopes,
        missing: missingScopes(token.scopes, account.kind),
        extra_not_granted: extraNotGranted(check),
      },
      opens_gmail: opensGmail(token.scopes),
      grant_made_at: token.obtainedAt.toISOString(),
      last_refreshed_at: token.refreshedAt.toISOString(),
      access_token_ends_at: token.expiresAt.toISOString(),
      grant_ends_at: token.grantEndsAt?.toISOString() ?? null,
    }
  )
}

/** How Google names them once they are granted: https://developers.google.com/identity/protocols/oauth2/scopes#oauth2 */
const GRANTED_AS: Record<string, string> = {
  email: 'https://www.googleapis.com/auth/userinfo.email',
  profile: 'https://www.googleapis.com/auth/userinfo.profile',
}

/** What the operator's other programs wish for, and the owner has not granted. */
export function extraNotGranted({ account, token }: TokenCheck): string[] {
  const granted = token?.scopes ?? []
  return account.extraScopes.filter(
    (scope) => !granted.includes(scope) && !granted.includes(GRANTED_AS[scope] ?? scope),
  )
}
