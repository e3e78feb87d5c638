import { type BareFigures, bareMailboxes, TASKS_OF_A_WARMUP } from './bare-work.ts'
import { startChild } from './child.ts'
import type { Stage } from './stage.ts'

export type BareWork = { warmupsASecond: number; tasksASecond: number; cpuMs: number }

export const BARE_IN_FLIGHT = 50
const MAILBOXES = 400
const WARM_UPS = 300
const WARMUPS = 800

/** The bare work against the same database and the same Google, which nobody else uses meanwhile. */
export async function measureBareWork({ google, settings }: Stage, scripts: URL): Promise<BareWork> {
  const grant = (mailbox: string, scopes: readonly string[]) =>
    google.control<{ accessToken: string }>('POST', 'grants', { mailbox, scopes })
  const child = await startChild(new URL('bench-bare.ts', scripts), {
    apiRoot: settings.GOOGLE_API_ROOT,
    databaseUrl: settings.DATABASE_URL,
    mailboxes: await bareMailboxes(grant, MAILBOXES),
  })
  const run = (warmups: number) => {
    child.send({ warmups, inFlight: BARE_IN_FLIGHT })
    return child.answer<BareFigures>()
  }
  await run(WARM_UPS)
  const { tasks, wallMs, cpuMs } = await run(WARMUPS)
  await child.stop()
  const tasksASecond = (tasks / wallMs) * 1000
  return { tasksASecond, warmupsASecond: tasksASecond / TASKS_OF_A_WARMUP, cpuMs: cpuMs / tasks }
}
