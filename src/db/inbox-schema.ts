import { SYNC_MINUTES } from '../domain/inbox.ts'
import { MAIL_CLASSES } from '../domain/mail-class.ts'
import { HANDOFF_STATES, ROUTE_TARGETS } from '../domain/mail-route.ts'
import { pg, sql } from './drizzle.ts'
import { accounts } from './schema.ts'

const { bigint, boolean, index, integer, pgTable, text, timestamp, unique } = pg

const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity()
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 })
const reference = (name: string) => bigint(name, { mode: 'number' })

/** How an account's new mail is fetched, and how far that has come. */
export const mailboxes = pgTable('mailboxes', {
  accountId: reference('account_id')
    .primaryKey()
    .references(() => accounts.id),
  /** Null: it is not. */
  everyMinutes: integer('every_minutes').default(SYNC_MINUTES.default),
  /** Only what this search of Gmail's finds is kept; empty: all. */
  filter: text('filter').notNull().default(''),
  keepsBodies: boolean('keeps_bodies').notNull().default(false),
  /** Gmail's own count of changes: what came in up to it is kept. Null: the search tells what came in since `fetchedAt`. */
  historyId: text('history_id'),
  fetchedAt: instant('fetched_at').notNull(),
  /** The newest of Gmail's counts that Google has notified of. */
  notifiedId: text('notified_id'),
  /** When Google is next asked to notify of new mail; null: at the next round. */
  watchAgainAt: instant('watch_again_at'),
})

/** A mail that came in: what its head says. Its text is kept nowhere, unless the operator wants that: in `email_bodies`. */
export const emailMessages = pgTable(
  'email_messages',
  {
    /** Of one account, in the order in which they came. */
    id: id(),
    accountId: reference('account_id')
      .notNull()
      .references(() => accounts.id),
    gmailId: text('gmail_id').notNull(),
    threadId: text('thread_id').notNull(),
    rfcMessageId: text('rfc_message_id'),
    sender: text('sender').notNull(),
    recipients: text('recipients').array().notNull(),
    subject: text('subject').notNull(),
    snippet: text('snippet').notNull(),
    labelIds: text('label_ids').array().notNull(),
    /** Bytes. */
    size: integer('size').notNull(),
    receivedAt: instant('received_at').notNull(),
    processedAt: instant('processed_at').notNull(),
    class: text('class', { enum: MAIL_CLASSES }).notNull(),
    /** The name of the rule that says so; null where none did. */
    rule: text('rule'),
  },
  (table) => [
    unique('email_messages_once').on(table.accountId, table.gmailId),
    index('email_messages_account').on(table.accountId, table.id),
    index('email_messages_class').on(table.accountId, table.class, table.id),
  ],
)

/** The texts of mails, encrypted, of the accounts for which the operator wants them. */
export const emailBodies = pgTable('email_bodies', {
  /** `<account>:<Gmail id>`, which the secret is bound to. */
  key: text('key').primaryKey(),
  emailMessageId: reference('email_message_id')
    .notNull()
    .unique()
    .references(() => emailMessages.id, { onDelete: 'cascade' }),
  sealed: text('sealed').notNull(),
})

/** Which mail is handed on to whom. What is left empty holds for any mail. */
export const mailRoutes = pgTable('mail_routes', {
  id: id(),
  name: text('name').notNull().unique(),
  accountId: reference('account_id').references(() => accounts.id),
  class: text('class', { enum: MAIL_CLASSES }),
  /** Parts of From and of the subject, in whatever case. */
  sender: text('sender').notNull().default(''),
  subject: text('subject').notNull().default(''),
  /** One of Gmail's labels, by its id. */
  label: text('label').notNull().default(''),
  target: text('target', { enum: ROUTE_TARGETS }).notNull(),
  /** Of a webhook its host, of a queue its name, of a mail its address. */
  destination: text('destination').notNull(),
  /** Of a webhook the encrypted JSON of its URL and of what it is signed with. */
  sealed: text('sealed'),
  createdAt: instant('created_at').notNull(),
})

/** One mail for one route: from the transaction that keeps the mail to the answer of who takes it. */
export const handoffs = pgTable(
  'handoffs',
  {
    id: id(),
    routeId: reference('route_id')
      .notNull()
      .references(() => mailRoutes.id, { onDelete: 'cascade' }),
    accountId: reference('account_id')
      .notNull()
      .references(() => accounts.id),
    emailMessageId: reference('email_message_id')
      .notNull()
      .references(() => emailMessages.id, { onDelete: 'cascade' }),
    state: text('state', { enum: HANDOFF_STATES }).notNull().default('waiting'),
    tries: integer('tries').notNull().default(0),
    /** Before when it is not tried again, after it was not taken. */
    notBefore: instant('not_before'),
    failure: text('failure'),
    createdAt: instant('created_at').notNull(),
    endedAt: instant('ended_at'),
  },
  (table) => [
    unique('handoffs_once').on(table.emailMessageId, table.routeId),
    index('handoffs_waiting')
      .on(table.accountId, table.routeId, table.id)
      .where(sql`${table.state} = 'waiting'`),
    index('handoffs_dead').on(table.id).where(sql`${table.state} = 'dead'`),
    index('handoffs_route').on(table.routeId, table.id),
  ],
)
