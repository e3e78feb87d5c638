import { existsSync } from 'node:fs'
import { type Config, parseConfig } from './config.ts'
import { OperatorError } from './domain/errors.ts'
import { createLogger, type Logger } from './logger.ts'

export type Process = {
  config: Config
  log: Logger
  /** Registers what is to be closed; what was opened last is closed first. */
  onStop(close: () => Promise<void> | void): void
}

/** Stopping takes no longer than this; what hangs is then left behind. */
const STOP_WITHIN_MS = 9000

/**
 * Runs an entry point: reads the settings, runs `main`, and on SIGINT or SIGTERM closes everything in order. A setting
 * that is wrong, like every error of a start, ends the process with one line on standard error and status 2.
 */
export async function runProcess(
  main: (process: Process) => Promise<'keeps running' | undefined | void>,
  environment: Record<string, string | undefined> = environmentOf(process),
): Promise<void> {
  const closers: (() => Promise<void> | void)[] = []
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= closeAll(closers)
    return stopping
  }
  const onSignal = () => {
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
    void stop().then(() => process.exit(0))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)

  try {
    const config = parseConfig(environment)
    const log = createLogger(config.LOG_LEVEL)
    const state = await main({ config, log, onStop: (close) => closers.push(close) })
    if (state !== 'keeps running') await stop()
  } catch (error) {
    if (stopping) return
    console.error(error instanceof OperatorError ? error.message : error)
    await stop().catch(() => {})
    process.exit(2)
  }
}

async function closeAll(closers: (() => Promise<void> | void)[]): Promise<void> {
  for (const close of closers.reverse()) {
    try {
      await close()
    } catch (error) {
      console.error(error)
    }
  }
}

function environmentOf({ env }: NodeJS.Process): Record<string, string | undefined> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return env
}
