import { setTimeout as delay } from 'node:timers/promises'

/** What of BullMQ is opened on a store. */
type Opened = { waitUntilReady(): Promise<unknown>; close(): Promise<void> }
export type Standing<T> = { now(): T; close(): Promise<void> }

const AGAIN_AFTER_MS = 1000

/**
 * Keeps one of BullMQ's queues or workers standing whose first look at the store fails. On Postgres BullMQ (6.7) remembers
 * that failure for ever: a queue then takes nothing more, and a worker asks again and again without a pause in which its
 * process could do anything else, even stop. Such a one is thrown away, and opened anew once the store answers.
 * @param ping rejects where the store does not answer
 */
export function standing<T extends Opened>(open: () => T, ping: () => Promise<unknown>): Standing<T> {
  let isOver = false
  let current = open()
  watch(current)
  return {
    now: () => current,
    close() {
      isOver = true
      return current.close()
    },
  }

  function watch(opened: T): void {
    opened.waitUntilReady().catch(() => {
      opened.close().catch(() => {})
      void openAnew()
    })
  }

  async function openAnew(): Promise<void> {
    do await delay(AGAIN_AFTER_MS, undefined, { ref: false })
    while (!isOver && !(await answers()))
    if (isOver) return
    current = open()
    watch(current)
  }

  function answers(): Promise<boolean> {
    return ping().then(
      () => true,
      () => false,
    )
  }
}
