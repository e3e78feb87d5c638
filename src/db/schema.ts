import { ACCOUNT_KINDS, ACCOUNT_STATUSES } from '../domain/account.ts'
import { API_SCOPES } from '../domain/api-key.ts'
import type { Decisions, RateRuns } from '../domain/engagement.ts'
import { GOOGLE_PROBLEMS } from '../domain/errors.ts'
import { EVENT_KINDS } from '../domain/events.ts'
import { HEALTHS } from '../domain/health.ts'
import { DELIVERY_STATES, INCIDENT_KINDS, NOTICE_CHANNELS, NOTICE_EDGES } from '../domain/incident.ts'
import { MESSAGE_STATES, PLACEMENTS } from '../domain/message.ts'
import type { PlanReason } from '../domain/plan-day.ts'
import { RAMPS } from '../domain/ramp.ts'
import type { DomainFindings } from '../domain/sender-authentication.ts'
import { TASK_KINDS } from '../domain/task.ts'
import { TOKEN_FAILURES } from '../domain/token-failure.ts'
import { LOOK_RESULTS } from '../domain/unknown-send.ts'
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
    /** Google's stable `sub`; an address may change hands, this never does. Null where a token may not ask for it. */
    googleUserId: text('google_user_id').unique(),
    email: text('email').notNull(),
    kind: text('kind', { enum: ACCOUNT_KINDS }).notNull(),
    status: text('status', { enum: ACCOUNT_STATUSES }).notNull().default('active'),
    /** Why it is paused or needs re-authentication, or its last failure, in words for the operator. */
    lastError: text('last_error'),
    /** The kind of failure that it needs re-authentication for. */
    failure: text('failure', { enum: TOKEN_FAILURES }),
    /** It was paused when it lost its grant: it is paused again once it is connected. */
    staysPaused: boolean('stays_paused').notNull().default(false),
    openRate: doublePrecision('open_rate').notNull(),
    replyRate: doublePrecision('reply_rate').notNull(),
    importantRate: doublePrecision('important_rate').notNull().default(0.3),
    starRate: doublePrecision('star_rate').notNull().default(0.1),
    rescueRate: doublePrecision('rescue_rate').notNull().default(1),
    primaryRate: doublePrecision('primary_rate').notNull().default(0.8),
    dailyLimit: integer('daily_limit').notNull(),
    ramp: text('ramp', { enum: RAMPS }).notNull().default('own'),
    startVolume: integer('start_volume').notNull(),
    dailyIncrease: integer('daily_increase').notNull(),
    dailyVariation: doublePrecision('daily_variation').notNull().default(0.1),
    maintenanceVolume: integer('maintenance_volume').notNull().default(20),
    timeZone: text('time_zone').notNull(),
    sendDays: integer('send_days').array().notNull().default([1, 2, 3, 4, 5]),
    sendHours: text('send_hours').array().notNull().default(['09:00-18:00']),
    holidays: text('holidays').array().notNull().default([]),
    wakingHours: text('waking_hours').array().notNull().default(['07:30-22:30']),
    minPauseMinutes: integer('min_pause_minutes').notNull().default(3),
    displayName: text('display_name').notNull().default(''),
    signature: text('signature').notNull().default(''),
    /** Its step on the ramp, as of `lastPlannedOn`. */
    warmupDay: integer('warmup_day').notNull().default(0),
    /** The local day that was planned last; null where today is to be planned anew. */
    lastPlannedOn: date('last_planned_on', { mode: 'string' }),
    health: text('health', { enum: HEALTHS }).notNull().default('healthy'),
    /** After a rest, evidence of the days before it counts no more. */
    evidenceFrom: date('evidence_from', { mode: 'string' }),
    /** Paused for its health: the local day on which it begins again. */
    restsUntil: date('rests_until', { mode: 'string' }),
    /** Until the day in the zone that it left is over, the limit holds for that day too. */
    zoneBefore: text('zone_before'),
    zoneChangedAt: instant('zone_changed_at'),
    /** The Gmail id of its warmup label, and the name under which that was made. */
    labelId: text('label_id'),
    labelName: text('label_name'),
    /** A place on a ring, by which plans choose among more pool accounts than they can look at. */
    ring: integer('ring').generatedAlwaysAs(sql`hashint8(id)`),
    /** The encrypted JSON token; null once the account was removed. */
    oauthToken: text('oauth_token'),
    /** Counts the tokens this account has had: what a save or a condemnation must match. */
    tokenVersion: integer('token_version').notNull().default(1),
    /** Who is refreshing the token, and until when (the database's time) nobody else may. */
    refreshOwner: text('refresh_owner'),
    refreshUntil: instant('refresh_until'),
    /** After Google failed at a refresh: how, in which words, and before when (warmup time) nobody asks it again. */
    refreshProblem: text('refresh_problem', { enum: GOOGLE_PROBLEMS }),
    refreshFailure: text('refresh_failure'),
    refreshNotBefore: instant('refresh_not_before'),
    /** What is asked of Google for it besides the workers' needs, for the operator's other programs. */
    extraScopes: text('extra_scopes').array().notNull().default(sql`'{}'`),
    connectedAt: instant('connected_at').notNull(),
  },
  (table) => [
    uniqueIndex('accounts_email_key').on(sql`lower(${table.email})`),
    index('accounts_ring').on(table.ring).where(sql`${table.kind} = 'pool' and ${table.status} = 'active'`),
  ],
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
  bounced: integer('bounced').notNull().default(0),
  /** Of the mail it received. */
  received: integer('received').notNull().default(0),
  opened: integer('opened').notNull().default(0),
  answered: integer('answered').notNull().default(0),
  rescued: integer('rescued').notNull().default(0),
  markedImportant: integer('marked_important').notNull().default(0),
  starred: integer('starred').notNull().default(0),
  movedToPrimary: integer('moved_to_primary').notNull().default(0),
  /** Of the mail it was sent: what came back. */
  bouncedTo: integer('bounced_to').notNull().default(0),
  /** Counts the sends that it ever began: what a send that begins must match. */
  begun: integer('begun').notNull().default(0),
  /** The run of decisions of each rate at its present value: it begins anew when the rate is changed. */
  rateRuns: jsonb('rate_runs').$type<RateRuns>().notNull().default({}),
})

/** One local day of one account: what was planned, what was done, and what was learnt of its mail. */
export const accountDays = pgTable(
  'account_days',
  {
    accountId: reference('account_id')
      .notNull()
      .references(() => accounts.id),
    day: date('day', { mode: 'string' }).notNull(),
    /** Its step on the ramp, the conversations that the ramp allowed, and those that were planned; null if it was not planned. */
    warmupDay: integer('warmup_day'),
    volume: integer('volume'),
    planned: integer('planned'),
    /** Conversations for which the pool had no room. */
    shortOf: integer('short_of').notNull().default(0),
    health: text('health', { enum: HEALTHS }),
    /** Mails that left on this day. */
    sent: integer('sent').notNull().default(0),
    replies: integer('replies').notNull().default(0),
    /** What was learnt on this day of mail that it sent. */
    inbox: integer('inbox').notNull().default(0),
    tabs: integer('tabs').notNull().default(0),
    spam: integer('spam').notNull().default(0),
    missing: integer('missing').notNull().default(0),
    bounced: integer('bounced').notNull().default(0),
    refused: integer('refused').notNull().default(0),
    /** Mail to it that came back. */
    bouncedTo: integer('bounced_to').notNull().default(0),
  },
  (table) => [pg.primaryKey({ columns: [table.accountId, table.day] })],
)

/**
 * What the mails of one account's local day came to that are no longer kept one by one. Apart from `account_days`, in which
 * a day is there only where something was planned, sent or learnt.
 */
export const rolledUpDays = pgTable(
  'rolled_up_days',
  {
    accountId: reference('account_id')
      .notNull()
      .references(() => accounts.id),
    day: date('day', { mode: 'string' }).notNull(),
    /** What it sent, and what it could not. */
    sent: integer('sent').notNull(),
    failed: integer('failed').notNull(),
    /** What it was sent and found. */
    received: integer('received').notNull(),
    opened: integer('opened').notNull(),
    rescued: integer('rescued').notNull(),
  },
  (table) => [pg.primaryKey({ columns: [table.accountId, table.day] })],
)

/** Where an account's mail landed, by the domain of who received it. */
export const placementCounts = pgTable(
  'placement_counts',
  {
    senderId: reference('sender_id')
      .notNull()
      .references(() => accounts.id),
    domain: text('domain').notNull(),
    placement: text('placement', { enum: PLACEMENTS }).notNull(),
    mails: integer('mails').notNull(),
  },
  (table) => [pg.primaryKey({ columns: [table.senderId, table.domain, table.placement] })],
)

/** How often an account has begun a conversation with a text. */
export const textUses = pgTable(
  'text_uses',
  {
    accountId: reference('account_id')
      .notNull()
      .references(() => accounts.id),
    textKey: text('text_key').notNull(),
    uses: integer('uses').notNull(),
  },
  (table) => [pg.primaryKey({ columns: [table.accountId, table.textKey] })],
)

/** What the operator chose for the engine as a whole. One row. */
export const engineSettings = pgTable('engine_settings', {
  id: integer('id').primaryKey(),
  labelName: text('label_name').notNull(),
  leavesInbox: boolean('leaves_inbox').notNull(),
  maxTurns: integer('max_turns').notNull(),
  coolDownDays: integer('cool_down_days').notNull(),
  evidenceDays: integer('evidence_days').notNull(),
  watchShare: doublePrecision('watch_share').notNull(),
  throttleShare: doublePrecision('throttle_share').notNull(),
  pauseShare: doublePrecision('pause_share').notNull(),
  restDays: integer('rest_days').notNull(),
  needsAuthentication: boolean('needs_authentication').notNull(),
  dkimSelectors: text('dkim_selectors').array().notNull(),
  keepMailDays: integer('keep_mail_days').notNull().default(180),
  keepEventDays: integer('keep_event_days').notNull().default(90),
  keepHandoutDays: integer('keep_handout_days').notNull().default(7),
  keepStatisticsDays: integer('keep_statistics_days').notNull().default(730),
  keepInboxDays: integer('keep_inbox_days').notNull().default(90),
  /** Since when nothing is sent at all. */
  stoppedAt: instant('stopped_at'),
})

/** What a sending domain publishes, as it was last looked up. */
export const senderDomains = pgTable('sender_domains', {
  domain: text('domain').primaryKey(),
  checkedAt: instant('checked_at').notNull(),
  findings: jsonb('findings').$type<DomainFindings>().notNull(),
  /** Whether mail of this domain is held back where the operator wishes so. */
  fails: boolean('fails').notNull(),
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
    /** Of an unknown one: when its sender's mailbox was last looked through for it, what was seen, and why not all of it. */
    lookedAt: instant('looked_at'),
    lookSaw: text('look_saw', { enum: LOOK_RESULTS }),
    lookFailure: text('look_failure'),
    /** The operator wants it sent again, if one more look does not find it. */
    resendWishedAt: instant('resend_wished_at'),
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
    /** The labels it bore when it was first found: the evidence of its placement. */
    labelsSeen: text('labels_seen').array(),
    /** Why it was planned so: the facts of that time. */
    planFacts: jsonb('plan_facts').$type<PlanReason>(),
    /** The recipient's decisions, made once, when the mail was found, and how they came about. */
    opens: boolean('opens'),
    replies: boolean('replies'),
    decisions: jsonb('decisions').$type<Decisions>(),
    rescuedAt: instant('rescued_at'),
    openedAt: instant('opened_at'),
    /** When all that was decided was done. */
    handledAt: instant('handled_at'),
    /** Of a delivery status notification: its status code (RFC 3463) and the words of the server. */
    bounceStatus: text('bounce_status'),
    bounceWords: text('bounce_words'),
    /** Why its recipient's task was given up; null where it was not. */
    openFailure: text('open_failure'),
  },
  (table) => [
    unique('messages_one_per_turn').on(table.conversationId, table.turn),
    uniqueIndex('messages_one_reply').on(table.inReplyTo).where(sql`${table.inReplyTo} is not null`),
    index('messages_sender_started').on(table.senderId, table.sendStartedAt),
    index('messages_sender').on(table.senderId, table.id),
    index('messages_recipient').on(table.recipientId, table.id),
    index('messages_waiting').on(table.senderId).where(sql`${table.state} = 'planned'`),
    index('messages_unknown').on(table.id).where(sql`${table.state} = 'unknown'`),
    index('messages_failed')
      .on(table.id)
      .where(sql`${table.state} = 'failed' or ${table.openFailure} is not null`),
    index('messages_expected')
      .on(table.recipientId, table.plannedFor)
      .where(sql`${table.state} <> 'cancelled'`),
    // By it a mail that came in is known for ours.
    index('messages_rfc').on(table.rfcMessageId),
  ],
)

/** What is to happen, and when. A finished task's row is deleted; what happened is in messages and events. */
export const tasks = pgTable(
  'tasks',
  {
    id: id(),
    kind: text('kind', { enum: TASK_KINDS }).notNull(),
    /** Null for `notify` and `tidy`, which are about the whole. */
    accountId: reference('account_id').references(() => accounts.id),
    messageId: reference('message_id').references(() => messages.id),
    deliveryId: reference('delivery_id').references(() => deliveries.id, { onDelete: 'cascade' }),
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
    index('tasks_troubled').on(table.errors).where(sql`${table.errors} > 0`),
    // The message first: who deletes one is asked by the foreign key whether a task is about it.
    uniqueIndex('tasks_one_per_message')
      .on(table.messageId, table.kind)
      .where(sql`${table.messageId} is not null`),
    uniqueIndex('tasks_one_per_account')
      .on(table.kind, table.accountId)
      .where(sql`${table.messageId} is null`),
    uniqueIndex('tasks_one_per_delivery').on(table.deliveryId),
    uniqueIndex('tasks_one_tidy').on(table.kind).where(sql`${table.kind} = 'tidy'`),
  ],
)

export const events = pgTable(
  'events',
  {
    id: id(),
    at: instant('at').notNull(),
    kind: text('kind', { enum: EVENT_KINDS }).notNull(),
    accountId: reference('account_id').references(() => accounts.id),
    /** What it tells of may no longer be kept: no foreign key, which would look through all events for each mail that goes. */
    messageId: reference('message_id'),
    data: jsonb('data').$type<Record<string, string | number | boolean | null>>().notNull().default({}),
  },
  (table) => [
    // Programs may fetch tokens every minute: that must not bury what the feeds show.
    index('events_told').on(table.id).where(sql`${table.kind} <> 'token_served'`),
    index('events_account').on(table.accountId, table.id).where(sql`${table.kind} <> 'token_served'`),
    index('events_served').on(table.accountId, table.id).where(sql`${table.kind} = 'token_served'`),
  ],
)

/** Something that the operator must hear of, from the first sign of it to its end: one is open for a subject at a time. */
export const incidents = pgTable(
  'incidents',
  {
    id: id(),
    kind: text('kind', { enum: INCIDENT_KINDS }).notNull(),
    /** What it is about: `account:<id>`, `client:<OAuth client id>` or `google`. */
    subject: text('subject').notNull(),
    accountId: reference('account_id').references(() => accounts.id),
    failure: text('failure', { enum: TOKEN_FAILURES }).notNull(),
    /** What Google said. */
    words: text('words').notNull(),
    openedAt: instant('opened_at').notNull(),
    closedAt: instant('closed_at'),
    /** Of a refused client, or of Google: when one refresh, or one task, may try it again. */
    nextTryAt: instant('next_try_at'),
  },
  (table) => [
    uniqueIndex('incidents_one_open').on(table.subject).where(sql`${table.closedAt} is null`),
    index('incidents_account').on(table.accountId),
    index('incidents_subject').on(table.subject, table.id),
  ],
)

/** What each worker process last saw of Google. */
export const googleSightings = pgTable('google_sightings', {
  process: text('process').primaryKey(),
  at: instant('at').notNull(),
  /** Accounts whose last answer was a failure of Google, and how many got another one. */
  failing: bigint('failing', { mode: 'number' }).array().notNull(),
  fine: integer('fine').notNull(),
})

/** What is left of Gmail's quota, for `project` and for each `account:<id>`: when it will be whole again. */
export const gmailQuota = pgTable(
  'gmail_quota',
  { subject: text('subject').primaryKey(), wholeAt: instant('whole_at').notNull() },
  (table) => [index('gmail_quota_whole').on(table.wholeAt)],
)

export const webhooks = pgTable('webhooks', {
  id: id(),
  /** Whose it is, for the pages. */
  host: text('host').notNull(),
  /** The encrypted JSON of its URL, which may be a secret in itself (Slack's is), and of what it is signed with. */
  sealed: text('sealed').notNull(),
  createdAt: instant('created_at').notNull(),
})

/** One message to one channel. What happens shortly after each other goes out as one. */
export const deliveries = pgTable(
  'deliveries',
  {
    id: id(),
    channel: text('channel', { enum: NOTICE_CHANNELS }).notNull(),
    webhookId: reference('webhook_id').references(() => webhooks.id, { onDelete: 'cascade' }),
    state: text('state', { enum: DELIVERY_STATES }).notNull().default('collecting'),
    failure: text('failure'),
    createdAt: instant('created_at').notNull(),
    endedAt: instant('ended_at'),
  },
  (table) => [
    uniqueIndex('deliveries_one_collecting')
      .on(table.channel, sql`coalesce(${table.webhookId}, 0)`)
      .where(sql`${table.state} = 'collecting'`),
  ],
)

/** That an incident began or ended, for one channel: its key is what keeps an incident from being told twice. */
export const notices = pgTable(
  'notices',
  {
    id: id(),
    incidentId: reference('incident_id')
      .notNull()
      .references(() => incidents.id),
    edge: text('edge', { enum: NOTICE_EDGES }).notNull(),
    deliveryId: reference('delivery_id')
      .notNull()
      .references(() => deliveries.id, { onDelete: 'cascade' }),
    channel: text('channel', { enum: NOTICE_CHANNELS }).notNull(),
    webhookId: reference('webhook_id').references(() => webhooks.id, { onDelete: 'cascade' }),
  },
  (table) => [
    unique('notices_once')
      .on(table.incidentId, table.edge, table.channel, table.webhookId)
      .nullsNotDistinct(),
    index('notices_delivery').on(table.deliveryId),
  ],
)

/** What other programs may ask with. Its times are the wall's. */
export const apiKeys = pgTable('api_keys', {
  id: id(),
  name: text('name').notNull().unique(),
  /** SHA-256 of the key, which is random and shown once. */
  keyHash: text('key_hash').notNull().unique(),
  scopes: text('scopes', { enum: API_SCOPES }).array().notNull(),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at'),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
})

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

/** Which database this is: a backup that was restored, or a copy, is another one than that which its row tells of. One row. */
export const databaseIdentity = pgTable('database_identity', {
  id: integer('id').primaryKey(),
  identity: text('identity').notNull(),
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
