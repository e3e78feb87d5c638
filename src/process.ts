import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type Config, parseConfig } from './config.ts'
import { OperatorError } from './domain/errors.ts'
import { createLogger, type Logger } from './logger.ts'

export type Environment = Record<string, string | undefined>
export type Process = {
  config: Config
  environment: Environment
  log: Logger
  /** Registers what is to be closed; what was opened last is closed first. */
  onStop(close: () => Promise<void> | void): void
}

/** Who runs processes gives them 10 s to stop before they are killed. What hangs until then is left behind. */
const STOP_WITHIN_MS = 9000
/** By then the closing of something that hangs is no longer waited for: the rest is closed as well. */
const CLOSE_WITHIN_MS = 7500
const CLOSE_THE_REST_MS = 300

/**
 * Runs an entry point: reads the settings, calls `run`, and on SIGINT or SIGTERM closes everything in order. A setting
 * that is wrong ends the process with one line on standard error and status 2. `run` resolves with 'keeps running'
 * where it has left something running.
 */
export async function runProcess(
  run: (process: Process) => Promise<unknown>,
  adjust: (environment: Environment) => Environment = (environment) => environment,
): Promise<void> {
  const closers: (() => Promise<void> | void)[] = []
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= closeAll(closers)
    return stopping
  }
  let starting: Promise<unknown> = Promise.resolve()
  const onSignal = () => {
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
    // A start that is under way is waited for: what it opens later could not be closed.
    void starting
      .catch(() => {})
      .then(stop)
      .then(() => process.exit(0))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)

  try {
    const environment = adjust(environmentOf(process))
    const config = parseConfig(environment)
    const log = createLogger(config.LOG_LEVEL)
    const main = run({ config, environment, log, onStop: (close) => closers.push(close) })
    starting = main
    if ((await main) !== 'keeps running') await stop()
  } catch (error) {
    console.error(error instanceof OperatorError ? error.message : error)
    await stop()
    process.exit(2)
  }
}

async function closeAll(closers: (() => Promise<void> | void)[]): Promise<void> {
  const giveUpAt = performance.now() + CLOSE_WITHIN_MS
  for (const close of closers.reverse()) {
    try {
      // What hangs (a store that is down, say) must not keep the rest from being closed.
      const patience = Math.max(giveUpAt - performance.now(), CLOSE_THE_REST_MS)
      await Promise.race([close(), delay(patience, undefined, { ref: false })])
    } catch (error) {
      console.error(error)
    }
  }
}

function environmentOf({ env }: NodeJS.Process): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return env
}
