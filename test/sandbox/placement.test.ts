import { expect, test } from 'vitest'
import { control } from './control.ts'
import { type Gmail, gmailOf, only, send } from './gmail.ts'
import { ANNA, BEN, DAY, openWorld, type World } from './world.ts'

/** Thirty new senders that send three mails a day to one mailbox: the share of spam among each day's mails. */
async function spamByDay(days: number, perDay: (day: number) => number, seed = 1): Promise<number[]> {
  await using world = await openWorld({ seed })
  world.sandbox.control.forcePlacement(undefined)
  const shares: number[] = []
  for (let day = 0; day < days; day += 1) {
    const placements: string[][] = []
    for (let sender = 0; sender < 30; sender += 1) {
      for (let count = 0; count < perDay(day); count += 1) {
        const mail = { from: `s${sender}@x.test`, subject: 's', text: 't', placement: 'model' as const }
        placements.push(world.sandbox.control.deliverForeign(ANNA, mail).labels)
      }
    }
    shares.push(placements.filter((labels) => labels.includes('SPAM')).length / placements.length)
    world.pass(DAY)
  }
  return shares
}

test('new senders start a little low and improve over two weeks of regular mail', async () => {
  const shares = await spamByDay(16, () => 3)
  expect(shares[0]).toBeGreaterThan(0.1)
  expect(shares[0]).toBeLessThan(0.4)
  expect(shares.at(-1)).toBeLessThan(0.05)
})

test('a sudden rise of volume costs from the next day on', async () => {
  const steady = await spamByDay(11, () => 3)
  const sudden = await spamByDay(11, (day) => (day === 9 ? 60 : 3))
  expect(sudden.at(-1)).toBeGreaterThan((steady.at(-1) ?? 0) + 0.1)
})

test('the same seed gives the same placements', async () => {
  expect(await spamByDay(3, () => 3, 7)).toEqual(await spamByDay(3, () => 3, 7))
  expect(await spamByDay(3, () => 3, 7)).not.toEqual(await spamByDay(3, () => 3, 8))
})

const reputationOf = ({ sandbox }: World, sender: string) =>
  sandbox.control.senders().find(({ address }) => address === sender)?.reputation ?? 0

test('from the next day on a rescue from spam helps its sender, a complaint hurts', async () => {
  await using world = await openWorld()
  world.sandbox.control.forcePlacement('spam')
  await send(await gmailOf(world, ANNA), { To: BEN, Subject: 'x' })
  world.pass(DAY)
  const before = reputationOf(world, ANNA)
  const ben = await gmailOf(world, BEN)
  const spam = await only(ben, '?q=in:spam')
  await ben(`POST messages/${spam.id}/modify`, { addLabelIds: ['INBOX'], removeLabelIds: ['SPAM'] })
  expect(reputationOf(world, ANNA)).toBe(before)
  world.pass(DAY)
  const rescued = reputationOf(world, ANNA)
  expect(rescued).toBeGreaterThan(before)
  await (await gmailOf(world, BEN))(`POST messages/${spam.id}/modify`, { addLabelIds: ['SPAM'] })
  world.pass(DAY)
  expect(reputationOf(world, ANNA)).toBeLessThan(rescued)
})

test('from the next day on a reply helps the one it answers', async () => {
  await using world = await openWorld()
  await send(await gmailOf(world, ANNA), { To: BEN, Subject: 'x', 'Message-ID': '<1@a.test>' })
  world.pass(DAY)
  const before = reputationOf(world, ANNA)
  await send(await gmailOf(world, BEN), { To: ANNA, Subject: 'Unrelated' })
  world.pass(DAY)
  expect(reputationOf(world, ANNA)).toBe(before)
  await send(await gmailOf(world, BEN), { To: ANNA, Subject: 'Re: x', 'In-Reply-To': '<1@a.test>' })
  expect(reputationOf(world, ANNA)).toBe(before)
  world.pass(DAY)
  expect(reputationOf(world, ANNA)).toBeGreaterThan(before)
})

test('mail lands where it was told to, by sender, by the recipient’s domain or all of it, until that is taken back', async () => {
  const away = 'away@elsewhere.test'
  await using world = await openWorld({ mailboxes: [ANNA, BEN, away] })
  const { control: google } = world.sandbox
  const anna = await gmailOf(world, ANNA)
  const landing = async (to: string) => {
    await send(anna, { To: to, Subject: 'x' })
    return google.ledger().findLast((fact) => fact.kind === 'delivered')
  }
  google.forcePlacement('inbox')
  await control(world, 'POST placement', { placement: 'promotions', domain: 'Elsewhere.test' })
  expect(await landing(away)).toMatchObject({ placement: 'promotions' })
  expect(await landing(BEN)).toMatchObject({ placement: 'inbox' })
  google.forcePlacement('spam', ANNA)
  expect(await landing(away)).toMatchObject({ placement: 'spam' })
  google.forcePlacement(undefined, ANNA)
  expect(await landing(away)).toMatchObject({ placement: 'promotions' })
  await control(world, 'POST placement', { placement: null, domain: 'elsewhere.test' })
  expect(await landing(away)).toMatchObject({ placement: 'inbox' })
})

const PEOPLE = ['anna', 'ben', 'carl', 'dora'].map((name) => `${name}@sandbox.test`)

/** One thing that an account does; it does its own in their order. */
type Deed = (gmail: Gmail) => Promise<unknown>

/** A day of mail, then one of reactions and more mail, whose requests come in as told: where the mails landed, by day. */
async function placements(order: (turns: string[]) => string[]): Promise<string[][]> {
  await using world = await openWorld({ mailboxes: PEOPLE })
  const runDay = async (deedsOf: (person: string) => Deed[]) => {
    const people = new Map<string, { gmail: Gmail; deeds: Deed[] }>()
    for (const person of PEOPLE) {
      people.set(person, { gmail: await gmailOf(world, person), deeds: deedsOf(person) })
    }
    const turns = [...people].flatMap(([person, { deeds }]) => deeds.map(() => person))
    for (const turn of order(turns)) {
      const person = people.get(turn)
      if (person) await person.deeds.shift()?.(person.gmail)
    }
    world.pass(DAY)
  }
  world.sandbox.control.forcePlacement('spam')
  await runDay((person) => mails(person, 1, 12))
  world.sandbox.control.forcePlacement(undefined)
  await runDay((person) => [...reactions(world, person), ...mails(person, 2, 24)])
  await runDay((person) => mails(person, 3, 12))
  return [2, 3].map((day) => landed(world, day))
}

const mails = (person: string, day: number, count: number): Deed[] =>
  Array.from({ length: count }, (_, index) => (gmail) => {
    const others = PEOPLE.filter((other) => other !== person)
    const to = others[index % others.length] as string
    return send(gmail, { To: to, Subject: 's', 'Message-ID': `<${day}.${index}.${person}>` })
  })

/** Every mail in spam is rescued, and the first three are thrown back. */
function reactions({ sandbox }: World, person: string): Deed[] {
  const spam = sandbox.control
    .messages(person)
    .filter(({ labels }) => labels.includes('SPAM'))
    .sort((one, other) => (one.rfcMessageId < other.rfcMessageId ? -1 : 1))
  const moving =
    (change: object) =>
    ({ id }: { id: string }): Deed =>
    (gmail) =>
      gmail(`POST messages/${id}/modify`, change)
  return [
    ...spam.map(moving({ addLabelIds: ['INBOX'], removeLabelIds: ['SPAM'] })),
    ...spam.slice(0, 3).map(moving({ addLabelIds: ['SPAM'] })),
  ]
}

const landed = ({ sandbox }: World, day: number): string[] =>
  sandbox.control
    .ledger()
    .flatMap((fact) =>
      fact.kind === 'delivered' && fact.rfcMessageId.startsWith(`<${day}.`)
        ? [`${fact.rfcMessageId} ${fact.placement}`]
        : [],
    )
    .sort()

test('where mail lands is the same in whatever order the requests of different accounts come in', async () => {
  const inTurn = await placements((turns) => turns)
  for (const seed of [1, 2]) expect(await placements((turns) => shuffled(turns, seed))).toEqual(inTurn)
  for (const day of inTurn) expect(new Set(day.map((line) => line.split(' ')[1])).size).toBe(3)
})

/** Another order, the same for a seed. */
function shuffled<T>(items: T[], seed: number): T[] {
  const keyed = items.map((item, index) => ({ item, key: Math.sin(seed * 1_000 + index) * 10_000 }))
  return keyed.sort((a, b) => (a.key % 1) - (b.key % 1)).map(({ item }) => item)
}
