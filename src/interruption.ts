import { OperatorError } from './domain/errors.ts'

/** Aborted by Ctrl-C or SIGTERM: who works in steps looks at it between them, and ends early. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => controller.abort(new OperatorError('interrupted')))
  return controller.signal
}

/** For work that can't be ended early: it is left behind. @throws OperatorError where it was interrupted first */
export function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason))
  if (signal.aborted) reject(signal.reason)
  return Promise.race([work, promise])
}
