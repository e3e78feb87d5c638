import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import postgres, { type Sql } from 'postgres'
import { GMAIL_SCOPES } from '../domain/token.ts'

/**
 * What a task costs at the least: three calls of Google over kept connections and two statements, in a loop, with nothing
 * around them: no queue, no rules, no record of what happened. A send is a draft, its sending and a look at it; an opening
 * is a search, a look and a change of labels; a reply is a send.
 */
export type BareOrder = { warmups: number; inFlight: number }
export type BareFigures = { tasks: number; wallMs: number; cpuMs: number }

export const TASKS_OF_A_WARMUP = 3
const CONNECTIONS = 20

type Mailbox = { address: string; token: string }
type Settings = { apiRoot: string; databaseUrl: string; mailboxes: readonly Mailbox[] }

export function createBareWork({ apiRoot, databaseUrl, mailboxes }: Settings) {
  const agent = new Agent({ keepAlive: true, maxSockets: 500 })
  const root = new URL(apiRoot)
  const sql = postgres(databaseUrl, { max: CONNECTIONS, onnotice: () => {} })

  return {
    async run({ warmups, inFlight }: BareOrder): Promise<BareFigures> {
      await sql`create table if not exists bench_tasks (id int primary key, started_by text, ended_at timestamptz)`
      await sql`create table if not exists bench_events (id int generated always as identity, task int, words text)`
      await sql`truncate bench_tasks, bench_events`
      await sql`insert into bench_tasks (id) select n from generate_series(1, ${warmups * TASKS_OF_A_WARMUP}::int) n`
      const startedAt = performance.now()
      const cpu = process.cpuUsage()
      let next = 0
      const work = async () => {
        while (next < warmups) {
          next += 1
          await warmup(sql, call, pairOf(next, mailboxes), next)
        }
      }
      await Promise.all(Array.from({ length: inFlight }, work))
      const { user, system } = process.cpuUsage(cpu)
      return {
        tasks: warmups * TASKS_OF_A_WARMUP,
        wallMs: performance.now() - startedAt,
        cpuMs: (user + system) / 1000,
      }
    },
    async close() {
      agent.destroy()
      await sql.end({ timeout: 1 })
    },
  }

  function call<T>(token: string, method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const text = body ? JSON.stringify(body) : null
    const outgoing = request(
      {
        agent,
        host: root.hostname,
        port: root.port,
        method,
        path: `/gmail/v1/users/me/${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => {
          const answer = Buffer.concat(chunks).toString()
          if (incoming.statusCode === 200) resolve(JSON.parse(answer) as T)
          else reject(new Error(`${method} ${path}: ${incoming.statusCode} ${answer}`))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(text ?? undefined)
    return promise
  }
}

type Call = <T>(token: string, method: 'GET' | 'POST', path: string, body?: object) => Promise<T>

async function warmup(sql: Sql, call: Call, [sender, recipient]: [Mailbox, Mailbox], n: number) {
  const first = (n - 1) * TASKS_OF_A_WARMUP + 1
  const opening = await task(sql, first, () => send(call, sender, recipient))
  await task(sql, first + 1, () => open(call, recipient, opening))
  await task(sql, first + 2, () => send(call, recipient, sender))
}

async function task<T>(sql: Sql, id: number, work: () => Promise<T>): Promise<T> {
  await sql`update bench_tasks set started_by = ${String(id)} where id = ${id} returning *`
  const result = await work()
  await sql`
    with ended as (update bench_tasks set ended_at = now() where id = ${id} returning id)
    insert into bench_events (task, words) select id, 'done' from ended`
  return result
}

async function send(call: Call, from: Mailbox, to: Mailbox): Promise<string> {
  const rfcMessageId = `${randomUUID()}@bench.example`
  const mail = [
    `From: ${from.address}`,
    `To: ${to.address}`,
    'Subject: The name of the bakery',
    `Message-ID: <${rfcMessageId}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'The other day you mentioned a bakery. '.repeat(12),
  ]
  const message = { raw: Buffer.from(mail.join('\r\n')).toString('base64url') }
  const draft = await call<{ id: string }>(from.token, 'POST', 'drafts', { message })
  const sent = await call<{ id: string }>(from.token, 'POST', 'drafts/send', { id: draft.id })
  await call(from.token, 'GET', `messages/${sent.id}?format=metadata&metadataHeaders=Message-ID`)
  return rfcMessageId
}

async function open(call: Call, { token }: Mailbox, rfcMessageId: string): Promise<void> {
  const q = encodeURIComponent(`rfc822msgid:${rfcMessageId}`)
  const list = await call<{ messages: { id: string }[] }>(
    token,
    'GET',
    `messages?q=${q}&includeSpamTrash=true&maxResults=2`,
  )
  const id = list.messages[0]?.id
  await call(token, 'GET', `messages/${id}?format=minimal`)
  await call(token, 'POST', `messages/${id}/modify`, { removeLabelIds: ['UNREAD'] })
}

function pairOf(n: number, mailboxes: readonly Mailbox[]): [Mailbox, Mailbox] {
  const pairs = Math.floor(mailboxes.length / 2)
  return [mailboxes[2 * (n % pairs)], mailboxes[2 * ((n * 7) % pairs) + 1]] as [Mailbox, Mailbox]
}

/** Mailboxes of the simulated Google that only the bare work uses. */
export function bareMailboxes(
  grant: (mailbox: string, scopes: readonly string[]) => Promise<{ accessToken: string }>,
  count: number,
): Promise<Mailbox[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const address = `bare-${n}@bench.example`
      return { address, token: (await grant(address, GMAIL_SCOPES)).accessToken }
    }),
  )
}
