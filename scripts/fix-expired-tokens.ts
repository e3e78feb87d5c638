import { parseArgs } from 'node:util'
import { requireComplete } from '../src/config.ts'
import type { Account } from '../src/db/accounts.ts'
import { OperatorError } from '../src/domain/errors.ts'
import { withInstance } from '../src/embedded/instance.ts'
import { interruption } from '../src/interruption.ts'
import { createLogger } from '../src/logger.ts'
import { runProcess } from '../src/process.ts'
import { createProgressBar } from '../src/progress-bar.ts'
import { createRuntime, startClock } from '../src/runtime.ts'
import { requireKeys, requireStores } from '../src/start-checks.ts'
import { accountLine, details, report, widthOf } from '../src/token-report.ts'
import { jsonReport, needsReauth } from '../src/token-report-json.ts'
import { checkToken, type TokenCheck } from '../src/warmup/check-token.ts'
import type { Warmup } from '../src/warmup/dependencies.ts'

// Tries every account's token and says which ones need somebody. Its output is documented in docs/tokens-check.md.
// Exit status: 0 all is well, 1 some need their owner, 2 it could not be found out.

const USAGE = 'usage: npm run tokens:check -- [--account ID|EMAIL] [--dry-run] [--json]'
const AT_ONCE = 20
/** How long Ctrl-C waits for the checks that are under way; a refresh in the middle is better brought to its end. */
const GRACE_MS = 5000
/** On a terminal; a pipe gets every account. */
const MOST_LISTED = 20

// Needs no settings, and no database.
if (process.argv.includes('--help')) {
  console.log(USAGE)
  process.exit()
}

await runProcess(async ({ config: partial, onStop }) => {
  const options = parseOptions()
  const signal = interruption()
  const config = requireComplete(partial)
  await requireStores(config)
  const { clock, stop } = await startClock(config)
  onStop(stop)
  // The report goes to standard output: no log lines in between.
  const runtime = createRuntime(config, clock, createLogger('silent'))
  onStop(runtime.close)
  await requireKeys(runtime)
  const { warmup } = runtime

  const accounts = await accountsOf(warmup, options.account)
  const onTerminal = process.stdout.isTTY && !options.json
  const width = widthOf(accounts)
  const onePerLine = !onTerminal && !options.json
  // In a pipe the lines themselves are the progress.
  const bar = createProgressBar(onePerLine ? 0 : accounts.length)
  const checks = await inTurns(accounts, signal, async (account) => {
    const check = await checkToken(warmup, account, { mayRefresh: !options.dryRun })
    if (onePerLine) console.log(accountLine(check, width))
    bar.advance()
    return check
  }).finally(bar.remove)
  if (signal.aborted)
    throw new OperatorError(`interrupted: ${checks.length} of ${accounts.length} accounts were checked`)

  const found = await withStatusNow(warmup, checks)
  const now = clock.now()
  if (options.json) console.log(JSON.stringify(jsonReport(found, now), null, 2))
  else {
    if (onTerminal && found.length <= MOST_LISTED)
      for (const check of found) console.log(accountLine(check, width))
    if (options.account !== null) for (const check of found) console.log(`\n${details(check).join('\n')}`)
    const mostListed = onTerminal ? MOST_LISTED : Number.POSITIVE_INFINITY
    console.log(report(found, { baseUrl: config.BASE_URL, now, mostListed }).join('\n'))
  }
  if (found.some(needsReauth)) process.exitCode = 1
  else if (found.some(({ health }) => health === 'failed')) process.exitCode = 2
}, withInstance)

function parseOptions(): { account: string | null; dryRun: boolean; json: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        account: { type: 'string' },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
      },
    })
    const { account = null, 'dry-run': dryRun = false, json = false } = values
    if (account !== null && !/^(\d{1,15}|[^\s@]+@[^\s@]+)$/.test(account))
      throw new Error(`--account ${account}: expected an account’s number or its email address`)
    return { account, dryRun, json }
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`)
  }
}

/** All accounts, or the one with this id or address. */
async function accountsOf({ store }: Warmup, wanted: string | null): Promise<Account[]> {
  if (wanted === null) return store.accounts.all()
  const account = await (wanted.includes('@')
    ? store.accounts.byEmail(wanted)
    : store.accounts.byId(Number(wanted)))
  if (!account || account.status === 'removed')
    throw new OperatorError(`--account ${wanted}: expected the id or the address of a connected account`)
  return [account]
}

/** Checks so many at a time, until all are checked or the operator has had enough; in the order of `accounts`. */
async function inTurns(
  accounts: readonly Account[],
  signal: AbortSignal,
  check: (account: Account) => Promise<TokenCheck>,
): Promise<TokenCheck[]> {
  const checks: TokenCheck[] = []
  const waiting = accounts.values()
  const work = async () => {
    for (const account of waiting) {
      checks.push(await check(account))
      if (signal.aborted) return
    }
  }
  await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, work)), endOfGrace(signal)])
  return checks.sort((a, b) => a.account.id - b.account.id)
}

function endOfGrace(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => setTimeout(resolve, GRACE_MS).unref())
  })
}

/** A check may have changed what the account is. */
async function withStatusNow({ store }: Warmup, checks: readonly TokenCheck[]): Promise<TokenCheck[]> {
  const [only] = checks
  const now =
    only && checks.length === 1 ? [await store.accounts.byId(only.account.id)] : await store.accounts.all()
  const byId = new Map(now.map((account) => [account?.id, account]))
  return checks.map((check) => ({ ...check, account: byId.get(check.account.id) ?? check.account }))
}
