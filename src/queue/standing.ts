import { setTimeout as delay } from 'node:timers/promises'

/** What of BullMQ is opened on a store. A worker that is closed takes no more jobs and waits for those that run. */
type Opened = { waitUntilReady(): Promise<unknown>; close(): Promise<void> }
export type Standing<T> = {
  now(): T
  /** Opens it anew, a while later and once the store answers. */
  renew(): void
  close(): Promise<void>
}

const AGAIN_AFTER_MS = 1000

/**
 * Keeps one of BullMQ's queues or workers standing where its store fails. On Postgres BullMQ (6.7) remembers for ever that
 * its first look at the store failed: a queue then takes nothing more, and a worker asks again and again without a pause in
 * which its process could do anything else, even stop. And a worker whose connection is lost in the moment in which it
 * begins to listen there waits for an hour. Such ones are thrown away, and opened anew once the store answers.
 * @param ping rejects where the store does not answer
 */
export function standing<T extends Opened>(open: () => T, ping: () => Promise<unknown>): Standing<T> {
  const leaving = new Set<Promise<void>>()
  let isOver = false
  let isToRenew = false
  let current = begin()
  return {
    now: () => current,
    renew: () => void renew(),
    async close() {
      isOver = true
      await Promise.all([...leaving, current.close()])
    },
  }

  function begin(): T {
    const opened = open()
    opened.waitUntilReady().catch(() => {
      leave(opened)
      void renew()
    })
    return opened
  }

  function leave(opened: T): void {
    const left = opened
      .close()
      .catch(() => {})
      .finally(() => leaving.delete(left))
    leaving.add(left)
  }

  async function renew(): Promise<void> {
    if (isToRenew) return
    isToRenew = true
    do await delay(AGAIN_AFTER_MS, undefined, { ref: false })
    while (!isOver && !(await answers()))
    isToRenew = false
    if (isOver) return
    leave(current)
    current = begin()
  }

  function answers(): Promise<boolean> {
    return ping().then(
      () => true,
      () => false,
    )
  }
}
