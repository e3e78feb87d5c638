import { sql } from '../../src/db/drizzle.ts'
import { tasks } from '../../src/db/schema.ts'
import { type Handout, TASK_KINDS, type TaskKind } from '../../src/domain/task.ts'
import { createLeaseKeeper } from '../../src/queue/lease-keeper.ts'
import { runTask } from '../../src/warmup/run-task.ts'
import type { World } from './world.ts'

export type HandWorker = Disposable & {
  handOut(...kinds: TaskKind[]): Promise<Handout[]>
  run(handout: Handout | undefined): ReturnType<typeof runTask>
}

/** A worker process without a queue: what it runs, and when, is for the test to say. */
export function handWorker({ runtime: { warmup } }: World): HandWorker {
  const renew = (held: { taskId: number; owner: string }[]) => warmup.store.tasks.renew(held, 30)
  const keeper = createLeaseKeeper({ renew, beatMs: 60_000, log: warmup.log })
  return {
    handOut: (...kinds) =>
      warmup.store.tasks.handOut({
        kinds: kinds.length > 0 ? kinds : TASK_KINDS,
        now: warmup.clock.now(),
        window: 1000,
        leaseSeconds: 30,
      }),
    run(handout) {
      if (!handout) throw new Error('nothing was handed out')
      return runTask(warmup, handout, keeper.hold)
    },
    [Symbol.dispose]: () => keeper.stop(),
  }
}

/** What happens to the leases of a process that was frozen for too long. */
export async function lapseLeases({ runtime: { db } }: World): Promise<void> {
  await db
    .update(tasks)
    .set({ leaseUntil: sql`clock_timestamp() - interval '1 second'` })
    .where(sql`${tasks.leaseUntil} is not null`)
}
