import { createAccounts } from './accounts.ts'
import type { Database } from './connection.ts'
import { createCounts } from './counts.ts'
import { createEvents } from './events.ts'
import { createMessages } from './messages.ts'
import { createOneTimeSecrets } from './one-time-secrets.ts'
import { createPartners } from './partners.ts'
import type { Sealer } from './sealing.ts'
import { createTasks } from './tasks.ts'

/** The tables, as use cases see them. */
export type Store = ReturnType<typeof repositories> & {
  /** All that `work` writes through the store it is given is kept, or nothing of it. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>
}

export function createStore(db: Database, sealer: Sealer): Store {
  return {
    ...repositories(db, sealer),
    transaction: (work) => db.transaction((tx) => work(createStore(tx, sealer))),
  }
}

function repositories(db: Database, sealer: Sealer) {
  return {
    accounts: createAccounts(db, sealer),
    counts: createCounts(db),
    events: createEvents(db),
    messages: createMessages(db),
    oneTime: createOneTimeSecrets(db, sealer),
    partners: createPartners(db),
    tasks: createTasks(db),
  }
}
