import { readFileSync } from 'node:fs'
import type { SQL } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connect, type Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { MESSAGE_STATES } from '../../src/domain/message.ts'
import { MESSAGE_TRANSITIONS, TASK_TRANSITIONS } from '../../src/domain/transitions.ts'
import { freshDatabase } from '../support/database.ts'

type Transition = { from: string; to: string; when: string }

const document = readFileSync('docs/guarantees.md', 'utf8')

/** The lines of the diagram under a heading. */
function diagramOf(heading: string): string[] {
  const [, diagram = ''] =
    document.match(new RegExp(`### ${heading}\\n[^]*?\`\`\`mermaid\\n([^]*?)\`\`\``)) ?? []
  return diagram.trim().split(/\n\s*/)
}

/** What the diagram must say, line by line; what leads nowhere ends there. */
function expected(transitions: readonly Transition[], first: string): string[] {
  const last = new Set(transitions.map(({ to }) => to))
  for (const { from } of transitions) last.delete(from)
  return [
    'stateDiagram-v2',
    `[*] --> ${name(first)}`,
    ...transitions.map(({ from, to, when }) => `${name(from)} --> ${name(to)}: ${when}`),
    ...[...last].map((state) => `${name(state)} --> [*]`),
  ]
}

const name = (state: string) => state.replaceAll(' ', '_')

test('the diagram of a message’s states names exactly the ways that the code knows', () => {
  expect(diagramOf('A message')).toEqual(expected(MESSAGE_TRANSITIONS, 'planned'))
})

test('the diagram of a task’s states names exactly the ways that the code knows', () => {
  expect(diagramOf('A task')).toEqual(expected(TASK_TRANSITIONS, 'waiting'))
})

test('every state of a message can be reached', () => {
  const reached = new Set<string>(['planned', ...MESSAGE_TRANSITIONS.map(({ to }) => to)])
  expect(reached).toEqual(new Set(MESSAGE_STATES))
})

test('in the tests Postgres refuses every way that the diagrams do not name', async () => {
  const { url, drop } = await freshDatabase()
  const { db, close } = connect(url, { poolSize: 1 })
  await db.execute(sql`
    insert into accounts (email, kind, open_rate, reply_rate, daily_limit, start_volume, daily_increase, time_zone, connected_at)
    values ('anna@example.com', 'pool', 1, 1, 5, 5, 0, 'UTC', now())`)
  const inMessages = await taken(db, MESSAGE_STATES, {
    begin: (
      state,
    ) => sql`insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id, state, planned_for, rfc_message_id)
      values ('c', 'text', 1, 1, 'Hello', 1, 1, ${state}, now(), '<a@b>')`,
    change: (state) => sql`update messages set state = ${state}`,
    end: sql`delete from messages`,
  })
  const inTasks = await taken(db, ['waiting', 'handed out', 'running', 'gone'], {
    begin: (state) =>
      sql`insert into tasks (kind, account_id, due_at, ${LEASE}) values ('plan', 1, now(), ${lease(state)})`,
    change: (state) =>
      state === 'gone' ? sql`delete from tasks` : sql`update tasks set (${LEASE}) = row(${lease(state)})`,
    end: sql`truncate tasks`,
  })
  await close()
  await drop()
  expect(inMessages).toEqual(ways(MESSAGE_TRANSITIONS))
  expect(inTasks).toEqual(ways(TASK_TRANSITIONS))
})

const LEASE = sql`lease_until, started_by`
const lease = (state: string) =>
  state === 'waiting' ? sql`null, null` : sql`now(), ${state === 'running' ? 'a run' : null}::text`

const ways = (transitions: readonly Transition[]) =>
  transitions.flatMap(({ from, to }) => (from === to ? [] : [`${from} → ${to}`])).toSorted()

type Ways = Record<'begin' | 'change', (state: string) => SQL> & { end: SQL }

/** The ways from one of these states into another that the database lets somebody take. */
async function taken(
  db: Database,
  states: readonly string[],
  { begin, change, end }: Ways,
): Promise<string[]> {
  const found: string[] = []
  for (const from of states.filter((state) => state !== 'gone'))
    for (const to of states.filter((state) => state !== from)) {
      await db.execute(begin(from))
      const isTaken = await db.execute(change(to)).then(
        () => true,
        () => false,
      )
      if (isTaken) found.push(`${from} → ${to}`)
      await db.execute(end)
    }
  return found.toSorted()
}
