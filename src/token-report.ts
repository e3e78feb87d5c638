import type { Account } from './db/accounts.ts'
import { missingScopes } from './domain/token.ts'
import { FAILURE_ADVICE, type Mender, TOKEN_FAILURES, type TokenFailure } from './domain/token-failure.ts'
import { extraNotGranted, healthCounts } from './token-report-json.ts'
import type { TokenCheck, TokenHealth } from './warmup/check-token.ts'

const WORDS: Record<TokenHealth, string> = {
  valid: 'valid',
  refreshed: 'refreshed',
  due: 'refresh due',
  failed: 'FAILED',
}
const MENDERS: Record<Mender, string> = {
  owner: 'for the mailbox’s owner',
  administrator: 'for the domain’s administrator',
  operator: 'for you',
  time: 'passes by itself',
}
/** Most urgent first. */
const BY_MENDER = Object.keys(MENDERS) as Mender[]
const ENDS_SOON_DAYS = 3
const DAY_MS = 24 * 3_600_000

/** One account on a line; `width` is how much room the names want. */
export function accountLine({ account, health, failure, words }: TokenCheck, width: number): string {
  const line = `${WORDS[health].padEnd(12)}${nameOf(account).padEnd(width)}`
  return failure ? `${line}  ${failure}  ${words ?? ''}`.trimEnd() : line.trimEnd()
}

export function widthOf(accounts: readonly Account[]): number {
  return accounts.reduce((width, account) => Math.max(width, nameOf(account).length), 0)
}

/** The counts, and what needs doing: each advice once, the accounts it is for below it, at most `mostListed` of them. */
export function report(
  checks: readonly TokenCheck[],
  options: { baseUrl: string; now: Date; mostListed: number },
): string[] {
  if (checks.length === 0) return ['No account is connected.']
  const { valid, refreshed, due, failed } = healthCounts(checks)
  return [
    ...failureGroups(checks).flatMap((group) => ['', ...failureLines(group, options)]),
    ...remarks(checks, options),
    '',
    `Valid: ${valid}   Refreshed: ${refreshed}   Failed: ${failed}${due > 0 ? `   Refresh due: ${due}` : ''}`,
  ]
}

/** All that is known of one account's token. */
export function details(check: TokenCheck): string[] {
  const { token, account } = check
  if (!token) return ['no token is kept']
  return [
    `granted            ${listOf(token.scopes)}`,
    `missing            ${listOf(missingScopes(token.scopes, account.kind))}`,
    `extra, not granted ${listOf(extraNotGranted(check))}`,
    `grant made         ${token.obtainedAt.toISOString()}`,
    `last refreshed     ${token.refreshedAt.toISOString()}`,
    `access token ends  ${token.expiresAt.toISOString()}`,
    `grant ends         ${token.grantEndsAt?.toISOString() ?? 'not by itself'}`,
  ]
}

type Group = { failure: TokenFailure; checks: TokenCheck[] }

function failureGroups(checks: readonly TokenCheck[]): Group[] {
  const byFailure = Object.groupBy(
    checks.filter(({ failure }) => failure !== null),
    ({ failure }) => failure as TokenFailure,
  )
  const urgency = ({ failure }: Group) => BY_MENDER.indexOf(FAILURE_ADVICE[failure].mender)
  return TOKEN_FAILURES.map((failure) => ({ failure, checks: byFailure[failure] ?? [] }))
    .filter((group) => group.checks.length > 0)
    .sort((a, b) => urgency(a) - urgency(b))
}

function failureLines(
  { failure, checks }: Group,
  { baseUrl, mostListed }: { baseUrl: string; mostListed: number },
): string[] {
  const { means, advice, mender } = FAILURE_ADVICE[failure]
  return [
    `${failure}: ${means} (${accountsIn(checks.length)}, ${MENDERS[mender]})`,
    `  ${advice}`,
    ...listed(checks, mostListed, ({ account, words }) =>
      `    ${nameOf(account)}  ${pageOf(account, baseUrl)}  ${words ?? ''}`.trimEnd(),
    ),
  ]
}

/** What works, and is worth knowing. */
function remarks(
  checks: readonly TokenCheck[],
  { now, mostListed }: { now: Date; mostListed: number },
): string[] {
  const sound = checks.filter(({ failure }) => failure === null)
  const soon = now.getTime() + ENDS_SOON_DAYS * DAY_MS
  const endOf = ({ token }: TokenCheck) => token?.grantEndsAt?.getTime() ?? Number.POSITIVE_INFINITY
  const ending = sound.filter((check) => endOf(check) <= soon).sort((a, b) => endOf(a) - endOf(b))
  const lacking = sound.filter((check) => extraNotGranted(check).length > 0)
  return [
    ...(ending.length > 0 ? ['', `Grants that end within ${ENDS_SOON_DAYS} days by themselves:`] : []),
    ...listed(
      ending,
      mostListed,
      ({ account, token }) => `    ${nameOf(account)}  ${token?.grantEndsAt?.toISOString()}`,
    ),
    ...(lacking.length > 0 ? ['', 'These lack scopes that were asked for other programs:'] : []),
    ...listed(
      lacking,
      mostListed,
      (check) => `    ${nameOf(check.account)}  ${extraNotGranted(check).join(' ')}`,
    ),
  ]
}

function listed(checks: readonly TokenCheck[], most: number, line: (check: TokenCheck) => string): string[] {
  const rest = checks.length - most
  return [
    ...checks.slice(0, most).map(line),
    ...(rest > 0 ? [`    and ${accountsIn(rest)} more (all of them: --json, or in a pipe)`] : []),
  ]
}

function nameOf({ email, kind }: Account): string {
  return `${email} (${kind})`
}

function pageOf({ id }: Account, baseUrl: string): string {
  return `${baseUrl}/accounts/${id}`
}

function accountsIn(count: number): string {
  return count === 1 ? '1 account' : `${count} accounts`
}

function listOf(scopes: readonly string[]): string {
  return scopes.length === 0 ? 'none' : scopes.join(' ')
}
