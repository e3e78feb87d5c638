import type { Sql } from 'postgres'
import { accountContext, type Sealer } from '../db/sealing.ts'
import { DEFAULT_SETTINGS } from '../domain/account.ts'
import { type ClientCredentials, GMAIL_SCOPES, tokenFromGrant } from '../domain/token.ts'
import type { SandboxProcess } from './sandbox-process.ts'

const DAY_MS = 24 * 3_600_000
/** Where the time of a benchmark begins: so long ago that what it does in hurried days is over today. */
export const MORNING = new Date((Math.floor(Date.now() / DAY_MS) - 365) * DAY_MS + 6 * 3_600_000)

const AT_ONCE = 20
const BATCH = 1000
const LONG_SECONDS = 2 * 365 * 24 * 3600
/** A text with an answer. */
const TEXT = 'bakery-name'

/**
 * So many accounts with mailboxes at Google, the odd ids warmup and the even ids pool, who may send and read at any time
 * and do one thing with each mail: open it and answer.
 */
export async function connectAccounts(
  { admin, google, sealer }: { admin: Sql; google: SandboxProcess; sealer: Sealer },
  client: ClientCredentials,
  wanted: number,
): Promise<void> {
  const [known] = await admin`select count(*)::int as n from accounts`
  const first = Number(known?.n) + 1
  const ids = Array.from({ length: Math.max(0, wanted - first + 1) }, (_, i) => first + i)
  for (let at = 0; at < ids.length; at += BATCH) {
    const rows = await inTurns(ids.slice(at, at + BATCH), async (id) => {
      const email = addressOf(id)
      const granted = await google.control<{ accessToken: string; refreshToken: string }>('POST', 'grants', {
        mailbox: email,
        scopes: GMAIL_SCOPES,
      })
      const grant = {
        ...granted,
        scope: GMAIL_SCOPES.join(' '),
        expiresInSeconds: LONG_SECONDS,
        refreshTokenExpiresInSeconds: null,
      }
      const token = JSON.stringify(tokenFromGrant(grant, client, MORNING))
      return { id, email, token: sealer.seal(token, accountContext(id)) }
    })
    await insertAccounts(admin, rows)
  }
  await admin`insert into account_counts (account_id) select id from accounts on conflict do nothing`
  await admin`analyze`
}

async function insertAccounts(
  admin: Sql,
  rows: readonly { id: number; email: string; token: string }[],
): Promise<void> {
  const { openRate: _, ...settings } = DEFAULT_SETTINGS
  await admin`
    insert into accounts (id, email, kind, oauth_token, open_rate, reply_rate, important_rate, star_rate, daily_limit,
      start_volume, daily_increase, time_zone, send_days, send_hours, waking_hours, min_pause_minutes, connected_at)
    overriding system value
    select id, email, case id % 2 when 1 then 'warmup' else 'pool' end, token, 1, 1, 0, 0, 1000000,
      ${settings.startVolume}, ${settings.dailyIncrease}, 'UTC', '{1,2,3,4,5,6,7}', '{00:00-24:00}', '{00:00-24:00}', 0,
      ${MORNING}
    from unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ email }) => email)}::text[],
      ${rows.map(({ token }) => token)}::text[]) as given(id, email, token)`
}

/** The answer to an answer is no part of a warmup here: nobody is to open it. */
export async function endWithTheAnswer(admin: Sql): Promise<void> {
  await admin.unsafe(`
    create function bench_skip() returns trigger language plpgsql as 'begin return null; end';
    create trigger bench_skip before insert on tasks for each row
    when (new.kind = 'open' and new.account_id % 2 = 1) execute function bench_skip()`)
}

/**
 * Plans so many conversations, each from the next warmup account to another pool account, due one after the other over
 * `spreadMs` from `start` on. Nothing is left of what was planned before.
 */
export async function planWarmups(
  admin: Sql,
  {
    accounts,
    warmups,
    start,
    spreadMs,
  }: { accounts: number; warmups: number; start: Date; spreadMs: number },
): Promise<void> {
  const pairs = Math.floor(accounts / 2)
  await admin`delete from tasks`
  await admin`
    with planned as (
      insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id, planned_for,
        rfc_message_id)
      select gen_random_uuid()::text, ${TEXT}, n, 1, 'The name of the bakery', 1 + 2 * (n % ${pairs}::int),
        2 + 2 * ((n * 7 + n / ${pairs}::int) % ${pairs}::int),
        ${start}::timestamptz + n * (${spreadMs / warmups}::float8 * interval '1 millisecond'),
        format('<%s@bench.example>', gen_random_uuid())
      from generate_series(0, ${warmups}::int - 1) n
      returning id, sender_id, planned_for
    )
    insert into tasks (kind, account_id, message_id, due_at)
    select 'send', sender_id, id, planned_for from planned order by id`
  await admin`analyze messages, tasks`
}

function addressOf(id: number): string {
  return `mailbox-${id}@domain-${id % 50}.example`
}

/** Some at once, the results in their order. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length)
  const waiting = items.entries()
  const go = async () => {
    for (const [index, item] of waiting) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, go))
  return results
}
