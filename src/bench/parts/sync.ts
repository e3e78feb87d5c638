import type { Sql } from 'postgres'
import { atMost, printFigures, short } from '../figures.ts'
import { answerAfter } from '../sandbox-process.ts'
import { onStage } from '../stage.ts'
import { countOf } from '../statements.ts'
import type { Part } from './part.ts'

const ACCOUNTS = 10_000
const EVERY_MINUTES = 5
const LATENCY_MS = 100
/** A minute of them. */
const ROUNDS = ACCOUNTS / EVERY_MINUTES
const GOAL = { cores: 0.5, calls: 1 }

/** What fetching costs where nothing has come in, which is what most rounds find: many accounts, in the wall's time. */
export const measureSync: Part = async (servers, { backends, concurrency }) => {
  const misses: string[] = []
  for (const backend of backends)
    await onStage(servers, async (stage) => {
      const { admin, google, runs } = stage
      await stage.connect(ACCOUNTS)
      await fetchAll(admin)
      const worked = await stage.startWorker(backend, { accounts: ACCOUNTS, concurrency })
      // The first round of each finds where its history stands; after it they are spread over the minutes.
      await runs.syncs(worked, ACCOUNTS)
      await answerAfter(google, LATENCY_MS)
      const { wallMs, cpuMs, allCpuMs, statements, calls, tasks } = await runs.syncs(worked, ROUNDS)
      const cores = cpuMs / wallMs
      const asked = statements ? countOf(statements.filter(({ isQueues }) => !isQueues)) / tasks : null
      const title = `${ACCOUNTS} mailboxes every ${EVERY_MINUTES} minutes, Google answers after ${LATENCY_MS} ms, the queue on ${backend}`
      misses.push(
        ...printFigures(title, [
          { name: 'rounds a second', value: short(tasks / (wallMs / 1000)) },
          {
            name: 'of one core, worker process',
            value: short(cores),
            goal: atMost(GOAL.cores, cores, ''),
          },
          { name: 'CPU of a round, worker process', value: `${short(cpuMs / tasks)} ms` },
          ...(allCpuMs === null
            ? []
            : [
                {
                  name: 'CPU of a round, with database, queue and Google',
                  value: `${short(allCpuMs / tasks)} ms`,
                },
              ]),
          {
            name: 'Google calls of a round',
            value: short(calls / tasks),
            goal: atMost(GOAL.calls, Math.round((calls / tasks) * 100) / 100, ''),
          },
          ...(asked === null
            ? []
            : [{ name: 'SQL statements of a round, hand-out included', value: short(asked) }]),
        ]),
      )
    })
  return misses
}

async function fetchAll(admin: Sql): Promise<void> {
  await admin`delete from tasks`
  await admin`insert into mailboxes (account_id, every_minutes, fetched_at) select id, ${EVERY_MINUTES}, now() from accounts`
  await admin`insert into tasks (kind, account_id, due_at) select 'sync', id, now() from accounts`
  await admin`analyze mailboxes, tasks`
}
