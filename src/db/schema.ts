import { ACCOUNT_KINDS, ACCOUNT_STATUSES } from '../domain/account.ts'
import { EVENT_KINDS } from '../domain/events.ts'
import { MESSAGE_STATES, PLACEMENTS } from '../domain/message.ts'
import { TASK_KINDS } from '../domain/task.ts'
import { pg, sql } from './drizzle.ts'

const {
  bigint,
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
} = pg

const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity()
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 })
const reference = (name: string) => bigint(name, { mode: 'number' })

export const accounts = pgTable(
  'accounts',
  {
    id: id(),
    /** Google's stable `sub`; an address may change hands, this never does. */
    googleUserId: text('google_user_id').notNull().unique(),
    email: text('email').notNull(),
    kind: text('kind', { enum: ACCOUNT_KINDS }).notNull(),
    status: text('status', { enum: ACCOUNT_STATUSES }).notNull().default('active'),
    /** Why it is paused or needs re-authentication, or its last failure, in words for the operator. */
    lastError: text('last_error'),
    openRate: doublePrecision('open_rate').notNull(),
    replyRate: doublePrecision('reply_rate').notNull(),
    dailyLimit: integer('daily_limit').notNull(),
    startVolume: integer('start_volume').notNull(),
    dailyIncrease: integer('daily_increase').notNull(),
    timeZone: text('time_zone').notNull(),
    warmupDay: integer('warmup_day').notNull().default(0),
    lastPlannedOn: date('last_planned_on', { mode: 'string' }),
    /** The encrypted JSON token; null once the account was removed. */
    oauthToken: text('oauth_token'),
    /** Counts the tokens this account has had: what a save or a condemnation must match. */
    tokenVersion: integer('token_version').notNull().default(1),
    /** Who is refreshing the token, and until when (the database's time) nobody else may. */
    refreshOwner: text('refresh_owner'),
    refreshUntil: instant('refresh_until'),
    connectedAt: instant('connected_at').notNull(),
  },
  (table) => [uniqueIndex('accounts_email_key').on(sql`lower(${table.email})`)],
)

/** Running totals of an account, kept in the transactions that make the facts, so that no page counts history. */
export const accountCounts = pgTable('account_counts', {
  accountId: reference('account_id')
    .primaryKey()
    .references(() => accounts.id),
  /** Of the mail it sent. */
  sent: integer('sent').notNull().default(0),
  placed: integer('placed').notNull().default(0),
  placedSpam: integer('placed_spam').notNull().default(0),
  missing: integer('missing').notNull().default(0),
  /** Of the mail it received. */
  received: integer('received').notNull().default(0),
  opened: integer('opened').notNull().default(0),
  answered: integer('answered').notNull().default(0),
  rescued: integer('rescued').notNull().default(0),
  /** The runs of decisions at today's rates: they begin anew when a rate is changed. */
  openAsked: integer('open_asked').notNull().default(0),
  openGranted: integer('open_granted').notNull().default(0),
  replyAsked: integer('reply_asked').notNull().default(0),
  replyGranted: integer('reply_granted').notNull().default(0),
})

export const messages = pgTable(
  'messages',
  {
    id: id(),
    conversationId: text('conversation_id').notNull(),
    /** Which text the conversation follows, and the seed of its variable parts: together they are its words. */
    textKey: text('text_key').notNull(),
    textSeed: integer('text_seed').notNull(),
    turn: integer('turn').notNull(),
    subject: text('subject').notNull(),
    senderId: reference('sender_id')
      .notNull()
      .references(() => accounts.id),
    recipientId: reference('recipient_id')
      .notNull()
      .references(() => accounts.id),
    inReplyTo: reference('in_reply_to'),
    state: text('state', { enum: MESSAGE_STATES }).notNull().default('planned'),
    failure: text('failure'),
    plannedFor: instant('planned_for').notNull(),
    rfcMessageId: text('rfc_message_id').notNull(),
    gmailDraftId: text('gmail_draft_id'),
    gmailMessageId: text('gmail_message_id'),
    gmailThreadId: text('gmail_thread_id'),
    /** When Gmail was first asked to send it: what counts against the day's limit. */
    sendStartedAt: instant('send_started_at'),
    sentAt: instant('sent_at'),
    recipientMessageId: text('recipient_message_id'),
    recipientThreadId: text('recipient_thread_id'),
    placement: text('placement', { enum: PLACEMENTS }),
    placedAt: instant('placed_at'),
    /** The recipient's decisions, made once, when the mail was found. */
    opens: boolean('opens'),
    replies: boolean('replies'),
    rescuedAt: instant('rescued_at'),
    openedAt: instant('opened_at'),
  },
  (table) => [
    unique('messages_one_per_turn').on(table.conversationId, table.turn),
    uniqueIndex('messages_one_reply').on(table.inReplyTo).where(sql`${table.inReplyTo} is not null`),
    index('messages_sender_started').on(table.senderId, table.sendStartedAt),
    index('messages_sender').on(table.senderId, table.id),
    index('messages_recipient').on(table.recipientId, table.id),
    index('messages_waiting').on(table.senderId).where(sql`${table.state} = 'planned'`),
    index('messages_unknown').on(table.id).where(sql`${table.state} = 'unknown'`),
    index('messages_expected')
      .on(table.recipientId, table.plannedFor)
      .where(sql`${table.state} <> 'cancelled'`),
  ],
)

/** What is to happen, and when. A finished task's row is deleted; what happened is in messages and events. */
export const tasks = pgTable(
  'tasks',
  {
    id: id(),
    kind: text('kind', { enum: TASK_KINDS }).notNull(),
    accountId: reference('account_id')
      .notNull()
      .references(() => accounts.id),
    messageId: reference('message_id').references(() => messages.id),
    dueAt: instant('due_at').notNull(),
    /** Why it waits, if something put it off. */
    waitingFor: text('waiting_for'),
    /** Looks for a mail that has not arrived. */
    looks: integer('looks').notNull().default(0),
    /** Errors in a row. */
    errors: integer('errors').notNull().default(0),
    /** Counts its handings-out to the queue: a job that carries an older number is void. */
    handout: integer('handout').notNull().default(0),
    /** The run that works on it; null between handing out and start. */
    startedBy: text('started_by'),
    /** Until when (the database's time) nobody else may have it. */
    leaseUntil: instant('lease_until'),
  },
  (table) => [
    index('tasks_due').on(table.dueAt),
    index('tasks_leased').on(table.accountId).where(sql`${table.leaseUntil} is not null`),
    index('tasks_account').on(table.accountId, table.dueAt),
    uniqueIndex('tasks_one_per_message')
      .on(table.kind, table.messageId)
      .where(sql`${table.messageId} is not null`),
    uniqueIndex('tasks_one_per_account')
      .on(table.kind, table.accountId)
      .where(sql`${table.messageId} is null`),
  ],
)

export const events = pgTable(
  'events',
  {
    id: id(),
    at: instant('at').notNull(),
    kind: text('kind', { enum: EVENT_KINDS }).notNull(),
    accountId: reference('account_id').references(() => accounts.id),
    messageId: reference('message_id').references(() => messages.id),
    data: jsonb('data').$type<Record<string, string | number | boolean | null>>().notNull().default({}),
  },
  (table) => [
    index('events_account').on(table.accountId, table.id),
    index('events_planned').on(table.at).where(sql`${table.kind} = 'planned'`),
  ],
)

/** One pending visit to Google's consent page. Only the hash of the state is kept; the rest is encrypted. */
export const oauthStates = pgTable('oauth_states', {
  stateHash: text('state_hash').primaryKey(),
  sealed: text('sealed').notNull(),
  expiresAt: instant('expires_at').notNull(),
})

export const signInLinks = pgTable('sign_in_links', {
  tokenHash: text('token_hash').primaryKey(),
  expiresAt: instant('expires_at').notNull(),
})

/** Where an accelerated warmup time met the wall's, shared by all processes. One row at most. */
export const clockAnchors = pgTable('clock_anchors', {
  id: integer('id').primaryKey(),
  speed: integer('speed').notNull(),
  wall: instant('wall').notNull(),
  warmup: instant('warmup').notNull(),
  seenAt: instant('seen_at').notNull(),
})

/** Sign-in sessions, in the shape that connect-pg-simple reads. */
export const sessions = pgTable(
  'sessions',
  {
    sid: text('sid').primaryKey(),
    sess: jsonb('sess').notNull(),
    expire: timestamp('expire', { withTimezone: true, precision: 6 }).notNull(),
  },
  (table) => [index('sessions_expire').on(table.expire)],
)
