import { parseArgs } from 'node:util'
import { requireComplete } from '../src/config.ts'
import { OperatorError } from '../src/domain/errors.ts'
import { needsOwner } from '../src/domain/token-failure.ts'
import { withInstance } from '../src/embedded/instance.ts'
import { createLogger } from '../src/logger.ts'
import { runProcess } from '../src/process.ts'
import { createRuntime, requireKeys, requireStores, startClock } from '../src/runtime.ts'
import { checkToken, type TokenCheck, type TokenHealth } from '../src/warmup/check-token.ts'

// Tries every account's token and says which ones need the operator.
// Exit status: 0 all is well, 1 some need the operator, 2 it could not be found out.

const USAGE = 'usage: npm run tokens:check -- [--account ID] [--dry-run] [--json]'
const AT_ONCE = 20

await runProcess(async ({ config: partial, onStop }) => {
  const options = parseOptions()
  const config = requireComplete(partial)
  await requireStores(config)
  const { clock, stop } = await startClock(config)
  onStop(stop)
  // The report goes to standard output: no log lines in between.
  const runtime = createRuntime(config, clock, createLogger('silent'))
  onStop(runtime.close)
  await requireKeys(runtime)
  const { warmup } = runtime

  const all = await warmup.store.accounts.all()
  const accounts = options.account === null ? all : all.filter(({ id }) => id === options.account)
  if (options.account !== null && accounts.length === 0)
    throw new OperatorError(`--account ${options.account}: expected the id of a connected account`)

  const checks: TokenCheck[] = []
  const width = Math.max(0, ...accounts.map(({ email, kind }) => `${email} (${kind})`.length))
  const waiting = [...accounts]
  const work = async () => {
    for (let account = waiting.shift(); account; account = waiting.shift()) {
      const check = await checkToken(warmup, account, { mayRefresh: !options.dryRun })
      checks.push(check)
      if (!options.json) console.log(line(check, width))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))

  checks.sort((a, b) => a.account.id - b.account.id)
  if (options.json)
    console.log(JSON.stringify({ counts: countsOf(checks), accounts: checks.map(published) }, null, 2))
  else report(checks, config.BASE_URL)
  if (checks.some(needsReauth)) process.exitCode = 1
  else if (checks.some(({ health }) => health === 'failed')) process.exitCode = 2
}, withInstance)

function parseOptions(): { account: number | null; dryRun: boolean; json: boolean } {
  try {
    const { values } = parseArgs({
      options: { account: { type: 'string' }, 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } },
    })
    if (values.account !== undefined && !/^\d{1,15}$/.test(values.account))
      throw new Error(`--account ${values.account}: expected a number`)
    return {
      account: values.account === undefined ? null : Number(values.account),
      dryRun: values['dry-run'] ?? false,
      json: values.json ?? false,
    }
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`)
  }
}

function line({ account: { email, kind }, health, words: reason }: TokenCheck, width: number): string {
  const words: Record<TokenHealth, string> = {
    valid: 'valid',
    refreshed: 'refreshed',
    due: 'refresh due',
    failed: 'FAILED',
  }
  return `${words[health].padEnd(12)}${`${email} (${kind})`.padEnd(width)}${reason ? `  ${reason}` : ''}`
}

function needsReauth({ failure }: TokenCheck): boolean {
  return failure !== null && needsOwner(failure)
}

function published(check: TokenCheck) {
  const { account, health, words } = check
  const { id: accountId, email, kind } = account
  return { accountId, email, kind, health, reason: words, needsReauth: needsReauth(check) }
}

function countsOf(checks: readonly TokenCheck[]): Record<TokenHealth, number> {
  const counts = { valid: 0, refreshed: 0, due: 0, failed: 0 }
  for (const { health } of checks) counts[health] += 1
  return counts
}

function report(checks: readonly TokenCheck[], baseUrl: string) {
  if (checks.length === 0) return console.log('No account is connected.')
  const { valid, refreshed, due, failed } = countsOf(checks)
  console.log(
    `\nValid: ${valid}   Refreshed: ${refreshed}   Failed: ${failed}${due > 0 ? `   Refresh due: ${due}` : ''}`,
  )
  const lost = checks.filter(needsReauth).sort((a, b) => a.account.id - b.account.id)
  if (lost.length === 0) return
  console.log('\nThese accounts need re-authentication:')
  for (const { account } of lost)
    console.log(
      `  ${account.id}  ${account.email} (${account.kind}): press “Connect again” at ${baseUrl}/accounts/${account.id}`,
    )
  console.log(
    'Sign in as the owner of the mailbox and allow every permission. Nothing else about the account changes.',
  )
}
