import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GoogleError } from '../../src/domain/errors.ts'
import type { Mailbox } from '../../src/google/gmail.ts'
import { type Google, openGoogle, PATHS } from '../support/google.ts'

const MAIL = {
  from: { name: 'Anna', address: 'anna@example.com' },
  to: { name: 'Ben', address: 'ben@example.org' },
  subject: 'Hello',
  text: 'Hello',
  messageId: '<1@example.com>',
  references: [],
  date: new Date('2026-03-02T12:00:00Z'),
}

const isWord = (value: unknown) => typeof value === 'string' && value !== ''
const isWords = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')
const areIds = (value: unknown) =>
  Array.isArray(value) && value.every((item) => isWord(item.messageId) && isWord(item.threadId))

const isSentMail = ({ messageId, threadId, rfcMessageId, sentAt }: Record<string, unknown>) =>
  [messageId, threadId, rfcMessageId].every(isWord) && sentAt instanceof Date && sentAt.getTime() > 0

/** What each method may be asked, and what it may answer. */
const METHODS: Record<
  keyof Mailbox,
  [ask: (mailbox: Mailbox) => Promise<unknown>, isValid: (value: never) => boolean]
> = {
  address: [(mailbox) => mailbox.address(), isWord],
  position: [(mailbox) => mailbox.position(), isWord],
  addedSince: [
    (mailbox) => mailbox.addedSince('100', null),
    (page: { added: Record<string, unknown>[]; historyId: string } | null) =>
      page === null ||
      (isWord(page.historyId) &&
        page.added.every(
          ({ gmailId, labelIds, historyId }) => isWord(gmailId) && isWord(historyId) && isWords(labelIds),
        )),
  ],
  search: [(mailbox) => mailbox.search('after:1', null), ({ ids }: { ids: unknown }) => isWords(ids)],
  incoming: [
    (mailbox) => mailbox.incoming('m1', { headers: ['Precedence'], withBody: true }),
    (mail: Record<string, unknown> | null) =>
      mail === null ||
      (isWord(mail.gmailId) &&
        isWord(mail.threadId) &&
        isWords(mail.labelIds) &&
        mail.receivedAt instanceof Date),
  ],
  watch: [(mailbox) => mailbox.watch('projects/p/topics/t'), (at) => (at as unknown) instanceof Date],
  createDraft: [
    (mailbox) => mailbox.createDraft(MAIL, null),
    ({ draftId, threadId }: Record<string, unknown>) => isWord(draftId) && isWord(threadId),
  ],
  findDraft: [
    (mailbox) => mailbox.findDraft('<1@example.com>'),
    (draft: Record<string, unknown> | null) =>
      draft === null || (isWord(draft.draftId) && isWord(draft.threadId)),
  ],
  sentMail: [(mailbox) => mailbox.sentMail('m1'), isSentMail],
  searchSent: [
    (mailbox) => mailbox.searchSent('subject:Hello'),
    (found: Record<string, unknown>[]) => found.every(isSentMail),
  ],
  draftExists: [(mailbox) => mailbox.draftExists('r1'), (value) => typeof value === 'boolean'],
  sendDraft: [
    (mailbox) => mailbox.sendDraft('r1'),
    ({ messageId, threadId }: Record<string, unknown>) => isWord(messageId) && isWord(threadId),
  ],
  sentInThread: [(mailbox) => mailbox.sentInThread('t1'), areIds],
  noticesInThread: [(mailbox) => mailbox.noticesInThread('t1'), isWords],
  notice: [(mailbox) => mailbox.notice('m1'), (value) => typeof value === 'object'],
  rfcMessageId: [(mailbox) => mailbox.rfcMessageId('m1'), isWord],
  find: [
    (mailbox) => mailbox.find('<1@example.com>'),
    (mail: Record<string, unknown> | null) =>
      mail === null || (isWord(mail.messageId) && isWord(mail.threadId) && isWords(mail.labelIds)),
  ],
  ensureLabel: [(mailbox) => mailbox.ensureLabel('Warmup/Mail'), isWord],
  modifyLabels: [
    (mailbox) => mailbox.modifyLabels('m1', { add: ['STARRED'], remove: [] }),
    (value) => value === undefined,
  ],
}

/** Of the right names, and sometimes of the right shape. */
const { body: anyBody } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom('', 'a', 'SENT', 'Warmup', 'Message-ID', 'multipart/report; report-type=delivery-status'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('body'),
  ),
  body: fc.record(
    Object.fromEntries(
      [
        'id',
        'threadId',
        'labelIds',
        'message',
        'messages',
        'drafts',
        'labels',
        'name',
        'value',
        'payload',
        'headers',
        'raw',
        'emailAddress',
      ].map((name) => [name, tie('value')]),
    ),
    { requiredKeys: [] },
  ),
}))

test.each(Object.entries(METHODS))(
  'whatever JSON Gmail answers, %s gives what it promises or an error of Google',
  async (_, [ask, isValid]) => {
    await using google = await openGoogle()
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBody, fc.jsonValue()), async (body) => {
        const outcome = await answered(google, body, () => ask(google.mailbox))
        if (outcome.error !== null) expect(outcome.error).toBeInstanceOf(GoogleError)
        else expect(isValid(outcome.value as never), JSON.stringify(outcome.value)).toBe(true)
      }),
      { numRuns: 200 },
    )
  },
)

test.each([
  ['a draft whose id is a number', { id: 7, message: { threadId: 't' } }, 'createDraft', 'id'],
  ['a draft without a thread', { id: 'r1', message: {} }, 'createDraft', 'message.threadId'],
  ['a sent message without an id', { threadId: 't' }, 'sendDraft', 'id'],
  ['a sent message without a thread', { id: 'm' }, 'sendDraft', 'threadId'],
  [
    'labels that are no list',
    { id: 'm', threadId: 't', labelIds: 'SENT', messages: [{ id: 'm' }] },
    'find',
    'labelIds',
  ],
  ['messages that are no list', { id: 't', messages: {} }, 'sentInThread', 'messages'],
  ['a thread of which nothing is said', {}, 'sentInThread', 'id'],
  ['a list of drafts that is a number', { drafts: 3 }, 'findDraft', 'drafts'],
] as const)('%s passes, and what is wrong with it is said', async (_, body, method, where) => {
  await using google = await openGoogle()
  const { error } = await answered(google, body, () => METHODS[method][0](google.mailbox))
  expect(error).toMatchObject({ problem: 'passing', mayBeDone: true })
  expect((error as Error).message).toMatch(
    new RegExp(
      `^Gmail’s answer to [a-zA-Z.]+ is not what it should be: ${where.replace('.', '[.]')}: .*expected`,
    ),
  )
})

test.each([
  [
    'token',
    ['access_token', 'expires_in', 'refresh_token', 'scope'],
    ({ accessToken, expiresInSeconds, refreshToken, scope }: Record<string, unknown>) =>
      isWord(accessToken) &&
      Number(expiresInSeconds) > 0 &&
      [refreshToken, scope].every((value) => value === null || isWord(value)),
  ],
  [
    'userinfo',
    ['sub', 'email', 'email_verified'],
    ({ googleUserId, email }: Record<string, unknown>) => isWord(googleUserId) && isWord(email),
  ],
] as const)(
  'whatever JSON the endpoint %s answers, it gives what it promises or an error of Google',
  async (of, names, isValid) => {
    await using google = await openGoogle()
    const anything = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant('a'), fc.constant(3600))
    const fields = fc.record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] })
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), fields), async (body) => {
        google.sandbox.control.addFault({ path: PATHS[of], status: 200, body })
        const outcome = await google.ask[of]().then(
          (value) => ({ value, error: null }),
          (error: unknown) => ({ value: null, error }),
        )
        if (outcome.error !== null) expect(outcome.error).toBeInstanceOf(GoogleError)
        else expect(isValid(outcome.value as never), JSON.stringify(outcome.value)).toBe(true)
      }),
      { numRuns: 300 },
    )
  },
)

async function answered(google: Google, body: unknown, ask: () => Promise<unknown>) {
  google.sandbox.control.addFault({ path: PATHS.gmail, status: 200, body, count: 9 })
  try {
    return { value: await ask(), error: null }
  } catch (error) {
    return { value: null, error }
  } finally {
    google.sandbox.control.clearFaults()
  }
}
