import type { LeaseKeeper } from './lease-keeper.ts'
import type { Runs } from './runs.ts'

/** How long runs go on as if nothing were. */
const GRACE_MS = 3000
/** How long they then have to see that they were cut off, and to hand back their tasks. */
const CUT_OFF_MS = 1500
/**
 * How long what hangs is still waited for once others may begin its task: a refresh token that Google has just replaced
 * is worth more than a quick end.
 */
const HANGING_MS = 2000

/**
 * Ends all that runs within 6.5 s: by its own end, or by handing its task back, so that another process can begin it at
 * once.
 * @param handBack of runs, by their owners, that don't do so themselves
 */
export async function stopRuns(
  runs: Runs,
  leases: LeaseKeeper,
  handBack: (owners: string[]) => Promise<void>,
): Promise<void> {
  runs.stop()
  if (await runs.overWithin(GRACE_MS)) return
  leases.interrupt()
  if (await runs.overWithin(CUT_OFF_MS)) return
  const handedBack = handBack(leases.owners())
  await runs.overWithin(HANGING_MS)
  await handedBack
}
