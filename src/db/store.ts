import { createAccountDays } from './account-days.ts'
import { createAccounts } from './accounts.ts'
import { createApiKeys } from './api-keys.ts'
import { createCohorts } from './cohorts.ts'
import type { Database } from './connection.ts'
import { createCounts } from './counts.ts'
import { createDeliveries } from './deliveries.ts'
import { isNotNull } from './drizzle.ts'
import { createEndings } from './endings.ts'
import { createEngagements } from './engagements.ts'
import { createEngine } from './engine.ts'
import { createEvents } from './events.ts'
import { createFigures } from './figures.ts'
import { createGmailQuota } from './gmail-quota.ts'
import { createGoogleSightings } from './google-sightings.ts'
import { createInbox } from './inbox.ts'
import { createIncidents } from './incidents.ts'
import { createKeyUse } from './key-use.ts'
import { createMailReports } from './mail-reports.ts'
import { createMailRoutes } from './mail-routes.ts'
import { createMailboxes } from './mailboxes.ts'
import { createMessageEndings } from './message-endings.ts'
import { createMessages } from './messages.ts'
import { createOneTimeSecrets } from './one-time-secrets.ts'
import { createPartners } from './partners.ts'
import { createPlacementCounts } from './placement-counts.ts'
import { createRestore } from './restore.ts'
import { createRetention } from './retention.ts'
import { accounts, tasks } from './schema.ts'
import type { Sealer } from './sealing.ts'
import { createSenderDomains } from './sender-domains.ts'
import { createSends } from './sends.ts'
import { afterLease, createTasks } from './tasks.ts'
import { createTextUses } from './text-uses.ts'
import { createTokens } from './tokens.ts'
import { createWebhooks } from './webhooks.ts'

/** The tables, as use cases see them. */
export type Store = ReturnType<typeof repositories> & {
  /** All that `work` writes through the store it is given is kept, or nothing of it. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>
  /** Ends the leases that dead processes have left behind; for who knows that nobody else works on the database. */
  endLeases(): Promise<void>
}

export function createStore(db: Database, sealer: Sealer): Store {
  return {
    ...repositories(db, sealer),
    transaction: (work) => db.transaction((tx) => work(createStore(tx, sealer))),
    async endLeases() {
      await db
        .update(tasks)
        .set({ leaseUntil: null, startedBy: null, ...afterLease })
        .where(isNotNull(tasks.leaseUntil))
      await db
        .update(accounts)
        .set({ refreshUntil: null, refreshOwner: null })
        .where(isNotNull(accounts.refreshUntil))
    },
  }
}

function repositories(db: Database, sealer: Sealer) {
  return {
    accountDays: createAccountDays(db),
    accounts: createAccounts(db, sealer),
    apiKeys: createApiKeys(db),
    cohorts: createCohorts(db),
    counts: createCounts(db),
    deliveries: createDeliveries(db),
    endings: createEndings(db),
    engagements: createEngagements(db),
    engine: createEngine(db),
    events: createEvents(db),
    figures: createFigures(db),
    gmailQuota: createGmailQuota(db),
    googleSightings: createGoogleSightings(db),
    inbox: createInbox(db, sealer),
    mailboxes: createMailboxes(db),
    mailReports: createMailReports(db, sealer),
    mailRoutes: createMailRoutes(db, sealer),
    incidents: createIncidents(db),
    keyUse: createKeyUse(db, sealer),
    messageEndings: createMessageEndings(db),
    messages: createMessages(db),
    oneTime: createOneTimeSecrets(db, sealer),
    partners: createPartners(db),
    placementCounts: createPlacementCounts(db),
    restore: createRestore(db),
    retention: createRetention(db),
    sends: createSends(db),
    senderDomains: createSenderDomains(db),
    tasks: createTasks(db, sealer),
    textUses: createTextUses(db),
    tokens: createTokens(db, sealer),
    webhooks: createWebhooks(db, sealer),
  }
}
