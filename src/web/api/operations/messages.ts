import { z } from 'zod'
import { MAIL_CLASSES } from '../../../domain/mail-class.ts'
import { accountReference, numberInAddress, oneOf, searchedText, timeInAddress } from '../fields.ts'
import { findAccount } from '../find-account.ts'
import { messageAnswer, messageShape, messageWithTextShape } from '../message-shape.ts'
import { answer, operation } from '../operation.ts'
import { ApiProblem } from '../problems.ts'

export const listMessages = operation({
  id: 'listMessages',
  group: 'Messages',
  method: 'get',
  route: '/accounts/{account}/messages',
  summary: 'List the mail of an account',
  description:
    'What was fetched from its mailbox, in that order, a page at a time. To follow it, ask again with after as the id of the last message that you have.',
  scope: 'messages:read',
  path: z.object({ account: accountReference }),
  query: z.strictObject({
    limit: numberInAddress(1, 200).default(100).meta({ description: 'How many at most.' }),
    after: numberInAddress(1, Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'next_after of the page before, or the id of a message.' }),
    class: oneOf(MAIL_CLASSES).optional().meta({ description: 'Only mail of this class.' }),
    q: searchedText.optional().meta({
      description: 'Only mail whose sender or subject holds this, in whatever case.',
    }),
    since: timeInAddress.optional().meta({ description: 'Only mail that Gmail received then or later.' }),
  }),
  answers: {
    200: {
      means: 'A page of messages.',
      shape: z
        .object({
          messages: z.array(messageShape).meta({
            description:
              'As many as were asked for, or fewer: with q or since one call looks through 10,000 messages.',
          }),
          next_after: z
            .int()
            .nullable()
            .meta({ description: 'For after, to get the next page; null at the end.', examples: [null] }),
        })
        .meta({ id: 'MessagePage' }),
    },
  },
  problems: [],
  async handle({ warmup: { store }, path, query: { limit, after = null, q = '', since = null, ...query } }) {
    const { id } = await findAccount(store, path.account)
    const filter = { class: query.class ?? null, text: q, since }
    const { mails, lookedTo } = await store.mailReports.following(id, filter, { limit: limit + 1, after })
    const page = mails.slice(0, limit)
    return answer(200, {
      messages: page.map(messageAnswer),
      next_after: mails.length > limit ? (page.at(-1)?.id ?? null) : lookedTo,
    })
  },
})

export const getMessage = operation({
  id: 'getMessage',
  group: 'Messages',
  method: 'get',
  route: '/accounts/{account}/messages/{message}',
  summary: 'Show a message',
  description: 'One mail of the account, with its text where that is kept.',
  scope: 'messages:read',
  path: z.object({
    account: accountReference,
    message: numberInAddress(1, Number.MAX_SAFE_INTEGER).meta({
      description: 'The message’s id, as the list has it.',
      examples: [4711],
    }),
  }),
  answers: { 200: { means: 'The message.', shape: messageWithTextShape } },
  problems: [],
  async handle({ warmup: { store }, path }) {
    const { id } = await findAccount(store, path.account)
    const found = await store.mailReports.message(id, path.message)
    if (!found) throw new ApiProblem('not_found', `Account ${id} has no message ${path.message}.`, {})
    const { text, ...mail } = found
    return answer(200, { ...messageAnswer(mail), text })
  },
})
