import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLAUSES, type ClauseName, check } from '../../src/chaos/check.ts'
import { type Facts, readFacts } from '../../src/chaos/facts.ts'
import type { LedgerEntry } from '../../src/sandbox/state/shapes.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let healthy: Facts

/** Two days of four accounts, of which everything is opened and answered; one domain’s mail lands in spam. */
beforeAll(async () => {
  world = await openWorld()
  const { control } = world.sandbox
  control.forcePlacement('inbox')
  control.forcePlacementAt('example.net', 'spam')
  const always = { openRate: 1, replyRate: 1, importantRate: 1, starRate: 1 }
  for (const name of ['anna', 'cleo'])
    await world.connect(`${name}@example.com`, { ...always, startVolume: 3, dailyIncrease: 0 })
  for (const domain of ['example.org', 'example.net'])
    await world.connect(`ben@${domain}`, { ...always, kind: 'pool' })
  await world.runUntil(new Date('2026-03-04T05:00:00Z'))
  const now = world.clock.now()
  healthy = await readFacts(world.runtime.db, { ledger: control.ledger(), now })
})
afterAll(() => world[Symbol.asyncDispose]())

const sentOf = ({ messages }: Facts) =>
  first(messages, ({ state, openedAt }) => state === 'sent' && openedAt !== null)
const sendingOf = ({ ledger, ...facts }: Facts) => {
  const { gmailMessageId } = sentOf({ ledger, ...facts })
  return first(ledger, (fact) => fact.kind === 'sent' && fact.messageId === gmailMessageId)
}
const sendTask = { looks: 0, errors: 0, handout: 1, startedBy: null, leaseUntil: null, deliveryId: null }
const refreshOf = ({ ledger }: Facts) => first(ledger, ({ kind }) => kind === 'refreshed')

/** What is done to a healthy world, and what the checker must say of it. */
const PLANTED: [clause: ClauseName, what: string, plant: (facts: Facts) => void, words: RegExp][] = [
  [
    'every mail is sent once, and its row tells the truth',
    'a mail that was sent twice',
    (facts) => ledgerOf(facts).push({ ...sendingOf(facts) }),
    /was sent 2 times/,
  ],
  [
    'every mail is sent once, and its row tells the truth',
    'a mail that nobody sent',
    (facts) => remove(ledgerOf(facts), sendingOf(facts)),
    /was never sent/,
  ],
  [
    'every mail is sent once, and its row tells the truth',
    'a mail that no row knows',
    (facts) =>
      ledgerOf(facts).push({
        ...sendingOf(facts),
        messageId: 'x',
        rfcMessageId: '<x@example.com>',
      } as LedgerEntry),
    /which no row knows/,
  ],
  [
    'every mail is sent once, and its row tells the truth',
    'a mail to a stranger',
    (facts) => Object.assign(sendingOf(facts), { to: ['stranger@example.com'] }),
    /went to stranger@example.com/,
  ],
  [
    'every mail is sent once, and its row tells the truth',
    'a sent mail whose row says that it failed',
    (facts) => Object.assign(sentOf(facts), { state: 'failed', failure: 'refused', sentAt: null }),
    /was sent, and its row says failed/,
  ],
  [
    'every mail is sent once, and its row tells the truth',
    'an unknown send that does not say why',
    (facts) => Object.assign(sentOf(facts), { state: 'unknown', failure: null }),
    /is unknown and does not say why/,
  ],
  [
    'nothing planned is lost',
    'a planned mail without its task',
    (facts) => Object.assign(sentOf(facts), { state: 'planned', placement: null }),
    /has no (send|reply) task/,
  ],
  [
    'nothing planned is lost',
    'a sent mail that nobody will open',
    (facts) => Object.assign(sentOf(facts), { placement: null, handledAt: null, recipientMessageId: null }),
    /has no open task/,
  ],
  [
    'nothing planned is lost',
    'an account that will never be planned again',
    (facts) =>
      remove(
        facts.tasks,
        first(facts.tasks, ({ kind }) => kind === 'plan'),
      ),
    /has no plan task/,
  ],
  [
    'nothing planned is lost',
    'an answer that was decided and is not planned',
    (facts) => {
      const reply = first(facts.messages, ({ inReplyTo }) => inReplyTo !== null)
      Object.assign(reply, { inReplyTo: null })
    },
    /no reply is planned/,
  ],
  [
    'nothing is stuck',
    'a task that has been due for an hour',
    (facts) =>
      facts.tasks.push({
        ...sendTask,
        id: 999,
        kind: 'check',
        accountId: facts.accounts[0]?.id ?? 0,
        messageId: null,
        dueAt: new Date(facts.now.getTime() - 3_600_000),
        waitingFor: null,
      } as Facts['tasks'][number]),
    /has been due since/,
  ],
  [
    'no other mail is touched',
    'a foreign mail that was changed',
    (facts) =>
      ledgerOf(facts).push({
        kind: 'modified',
        mailbox: 'anna@example.com',
        messageId: 'f',
        rfcMessageId: '<f@foreign>',
        foreign: true,
        added: [],
        removed: ['UNREAD'],
      } as never),
    /is not ours was changed/,
  ],
  [
    'no other mail is touched',
    'a mail that was opened and was to be left unread',
    (facts) => Object.assign(sentOf(facts), { opens: false }),
    /was to be left unread/,
  ],
  [
    'daily limits hold, replies included',
    'one mail more than the limit',
    (facts) => {
      for (const account of facts.accounts) account.dailyLimit = 2
    },
    /sent \d mails, and may send 2/,
  ],
  [
    'mail begins in its sender’s hours',
    'a mail in the night',
    (facts) => Object.assign(sentOf(facts), { sendStartedAt: new Date('2026-03-03T02:00:00Z') }),
    /outside its hours/,
  ],
  [
    'a token is refreshed once per expiry',
    'a second refresh in the same minute',
    (facts) => ledgerOf(facts).push({ ...refreshOf(facts) }),
    /0 s after its last|were not kept/,
  ],
  [
    'no account is condemned whose grant lives',
    'an account that an outage has condemned',
    (facts) => Object.assign(facts.accounts[0] ?? {}, { status: 'needs_reauth', failure: 'grant_revoked' }),
    /is to be connected again/,
  ],
  [
    'counts agree with the mails',
    'a total that counts one too many',
    (facts) => bump(facts.counts[0], 'opened'),
    /opened: kept \d+, counted \d+/,
  ],
  [
    'counts agree with the mails',
    'a day that counts one too many',
    (facts) => bump(facts.days[0], 'sent'),
    /sent on .*: kept \d+, counted \d+/,
  ],
  [
    'counts agree with the mails',
    'a placement that is counted twice',
    (facts) => bump(facts.placements[0], 'mails'),
    /at example\.\w+ in \w+: kept \d+, counted \d+/,
  ],
  [
    'every event is told once',
    'an event that is told twice',
    (facts) => facts.events.push({ ...first(facts.events, ({ kind }) => kind === 'opened') }),
    /“opened” was told 2 times/,
  ],
  [
    'every event is told once',
    'an event that is not told',
    (facts) =>
      remove(
        facts.events,
        first(facts.events, ({ kind }) => kind === 'rescued'),
      ),
    /“rescued” was not told/,
  ],
  [
    'every event is told once',
    'a day that was planned twice',
    (facts) => facts.events.push({ ...first(facts.events, ({ kind }) => kind === 'planned') }),
    /the plan of .* was told 2 times/,
  ],
]

test('a world in which all went well has no disagreement', () => {
  expect(healthy.messages.filter(({ turn }) => turn > 1).length).toBeGreaterThan(3)
  expect(healthy.messages.some(({ rescuedAt }) => rescuedAt !== null)).toBe(true)
  expect(check(healthy)).toEqual([])
})

describe('the checker finds', () => {
  test.each(PLANTED)('%s: %s', (clause, _, plant, words) => {
    const facts = structuredClone(healthy)
    plant(facts)
    const said = check(facts).flatMap((found) => (found.clause === clause ? [found.words] : []))
    expect(said.join('\n')).toMatch(words)
  })

  test('something against each of its clauses', () => {
    expect(new Set(PLANTED.map(([clause]) => clause))).toEqual(new Set(Object.keys(CLAUSES)))
  })
})

test('a refresh whose answer was lost, or whose token Gmail rejected, is forgiven, and no more than that', () => {
  const facts = structuredClone(healthy)
  ledgerOf(facts).push({ ...refreshOf(facts) })
  expect(check({ ...facts, mayLoseAnswers: 1 })).toEqual([])
  const { mailbox } = refreshOf(facts)
  const account = first(facts.accounts, ({ email }) => email === mailbox)
  account.tokenVersion += 1
  expect(check(facts)).not.toEqual([])
  expect(check({ ...facts, rejectedTokens: 1 })).toEqual([])
})

function first<T>(rows: readonly T[], which: (row: T) => boolean): T {
  const row = rows.find(which)
  if (!row) throw new Error('there is no such row')
  return row
}

const ledgerOf = ({ ledger }: Facts) => ledger as LedgerEntry[]

function remove<T>(rows: T[], row: T): void {
  rows.splice(rows.indexOf(row), 1)
}

function bump<K extends string>(row: Record<K, number> | undefined, name: K): void {
  if (row) row[name] += 1
}
