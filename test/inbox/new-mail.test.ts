import { expect, test } from 'vitest'
import type { Mailbox } from '../../src/db/mailboxes.ts'
import type { Run, Warmup } from '../../src/warmup/dependencies.ts'
import { fetchNewMail } from '../../src/warmup/inbox/new-mail.ts'

type Entry = { historyId: string; gmailId: string; labelIds: string[] }
const added = (historyId: number, gmailId: string, ...labelIds: string[]): Entry => ({
  historyId: String(historyId),
  gmailId,
  labelIds,
})

/** A mailbox that answers in pages of two, and to which something is added after each page. */
function openMailbox(history: Entry[], whileAsked: Entry[] = []) {
  const position = () => history.at(-1)?.historyId ?? '1'
  const pageOf = <T>(all: readonly T[], token: string | null) => {
    const from = Number(token ?? 0)
    const next = from + 2 < all.length ? String(from + 2) : null
    return { some: all.slice(from, from + 2), next }
  }
  const add = () => history.push(...whileAsked.splice(0, 1))
  let listed: readonly Entry[] = []
  return {
    position: async () => position(),
    async addedSince(start: string, token: string | null) {
      if (token === null) listed = history.filter(({ historyId }) => Number(historyId) > Number(start))
      const { some, next } = pageOf(listed, token)
      const page = { added: some, historyId: position(), next }
      add()
      return page
    },
    async search(_: string, token: string | null) {
      if (token === null) listed = history.toReversed()
      const { some, next } = pageOf(listed, token)
      add()
      return { ids: some.map(({ gmailId }) => gmailId), next }
    },
    incoming: async (gmailId: string) => ({ gmailId }),
  }
}

/** Fetches in rounds until all is fetched in `rounds` of them that left nothing; returns the ids in their order. */
async function fetchAll(
  gmail: ReturnType<typeof openMailbox>,
  { mostMails = 100, historyId = '1' as string | null, rounds = 1 } = {},
): Promise<string[]> {
  const kept: string[] = []
  const known = async (_: number, ids: readonly string[]) => new Set(ids.filter((id) => kept.includes(id)))
  const warmup = {
    clock: { now: () => new Date(0) },
    inbox: { mostMails, rules: [] },
    store: { inbox: { known } },
  } as unknown as Warmup
  const run = {
    account: { id: 1 },
    ask: (request: (mailbox: typeof gmail) => unknown) => request(gmail),
  } as unknown as Run
  let mailbox = { historyId, fetchedAt: new Date(0), filter: '', keepsBodies: false } as Mailbox
  for (let whole = 0; whole < rounds; ) {
    const { heads, fetchedAt, ...upTo } = await fetchNewMail(warmup, run, mailbox)
    kept.push(...heads.map(({ gmailId }) => gmailId))
    mailbox = { ...mailbox, ...upTo }
    if (fetchedAt) whole += 1
  }
  return kept
}

test('a mail that the history tells of twice hides none that came in between', async () => {
  const history = [added(10, 'a', 'INBOX'), added(20, 'b', 'INBOX'), added(30, 'a', 'INBOX')]
  expect(await fetchAll(openMailbox(history), { mostMails: 1 })).toEqual(['a', 'b'])
})

test('a draft that came in later is fetched when it did', async () => {
  const history = [added(10, 'a', 'DRAFT'), added(20, 'b', 'INBOX'), added(30, 'a', 'INBOX')]
  expect(await fetchAll(openMailbox(history), { mostMails: 1 })).toEqual(['b', 'a'])
})

test('mails that one change has added stay together, as the place in the history is between two changes', async () => {
  const history = [added(10, 'a', 'INBOX'), added(10, 'b', 'INBOX'), added(20, 'c', 'INBOX')]
  expect(await fetchAll(openMailbox(history), { mostMails: 1 })).toEqual(['a', 'b', 'c'])
})

test.each([
  ['history', '1'],
  ['search', null],
])(
  'pages are followed to their end, and what comes in meanwhile is found by the next round: by %s',
  async (_, historyId) => {
    const ids = ['a', 'b', 'c', 'd', 'e']
    const history = ids.map((id, n) => added(10 + n, id, 'INBOX'))
    const gmail = openMailbox(history, [added(20, 'f', 'INBOX'), added(21, 'g', 'INBOX')])
    expect(await fetchAll(gmail, { historyId, rounds: 2 })).toEqual([...ids, 'f', 'g'])
  },
)
