import { changedEngine, type EngineSettings } from '../domain/engine.ts'
import type { Warmup } from './dependencies.ts'

/**
 * Changes what the operator chose for the engine as a whole, and returns what differs. It holds for what is done from then
 * on: mail that was handled keeps the label it has, and days that were planned stay as they are.
 */
export function changeEngine(
  { store, clock }: Warmup,
  settings: EngineSettings,
): Promise<(keyof EngineSettings)[]> {
  return store.transaction(async (tx) => {
    const before = await tx.engine.lock()
    const changed = changedEngine(before, settings)
    if (changed.length === 0) return []
    await tx.engine.update(settings)
    const data = Object.fromEntries(changed.map((name) => [name, `${before[name]} → ${settings[name]}`]))
    await tx.events.add({ kind: 'engine_changed', at: clock.now(), accountId: null, data })
    return changed
  })
}

/**
 * Stops all sending, openings and replies, of every account; all else goes on. When this returns, no further mail begins
 * to be sent; one that Gmail is being asked to send at that moment still leaves. False where it was stopped already.
 */
export function stopSending(warmup: Warmup): Promise<boolean> {
  return setStopped(warmup, true)
}

/** What became due meanwhile is sent as each account's hours, limit and pause allow. False where nothing was stopped. */
export function resumeSending(warmup: Warmup): Promise<boolean> {
  return setStopped(warmup, false)
}

function setStopped({ store, clock }: Warmup, isStopped: boolean): Promise<boolean> {
  const now = clock.now()
  return store.transaction(async (tx) => {
    if (!(await tx.engine.setStopped(isStopped ? now : null))) return false
    const kind = isStopped ? 'sending_stopped' : 'sending_resumed'
    await tx.events.add({ kind, at: now, accountId: null })
    return true
  })
}
