export type OnStop = (close: () => Promise<void> | void) => void

/**
 * Does some work and closes what it opened, last first, whatever comes of it; also where the process is stopped meanwhile
 * and the work is left behind.
 */
export async function closingAfter<T>(onStop: OnStop, work: (onStop: OnStop) => Promise<T>): Promise<T> {
  const closers: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each()
  }
  onStop(close)
  try {
    return await work((each) => void closers.push(each))
  } finally {
    await close()
  }
}
