import { z } from 'zod'
import { ACCOUNT_KINDS } from '../../../domain/account.ts'
import { pauseAccount, resumeAccount } from '../../../warmup/account-settings.ts'
import { removeAccount } from '../../../warmup/disconnect-account.ts'
import { accountAnswer, accountShape, SHOWN_STATUSES } from '../account-shape.ts'
import { accountReference, numberInAddress, oneOf, partOfAddress } from '../fields.ts'
import { findAccount, noAccount, showAccount, showFound } from '../find-account.ts'
import { type ApiDependencies, answer, operation } from '../operation.ts'
import { ApiProblem } from '../problems.ts'

const path = z.object({ account: accountReference })
const shown = { 200: { means: 'The account.', shape: accountShape } }

export const listAccounts = operation({
  id: 'listAccounts',
  group: 'Accounts',
  method: 'get',
  route: '/accounts',
  summary: 'List the accounts',
  description: 'Oldest first, a page at a time. Removed accounts are not shown.',
  scope: 'accounts:read',
  query: z.strictObject({
    limit: numberInAddress(1, 200).default(100).meta({ description: 'How many at most.' }),
    after: numberInAddress(1, Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'next_after of the page before.' }),
    kind: oneOf(ACCOUNT_KINDS).optional().meta({ description: 'Only accounts of this kind.' }),
    status: oneOf(SHOWN_STATUSES).optional().meta({ description: 'Only accounts in this state.' }),
    email: partOfAddress.optional().meta({
      description: 'Only accounts whose address holds this, in whatever case.',
    }),
  }),
  answers: {
    200: {
      means: 'A page of accounts.',
      shape: z
        .object({
          accounts: z
            .array(accountShape)
            .meta({ description: 'As many as were asked for, or fewer at the end.' }),
          next_after: z
            .int()
            .nullable()
            .meta({ description: 'For after, to get the next page; null at the end.', examples: [null] }),
        })
        .meta({ id: 'AccountPage' }),
    },
  },
  problems: [],
  async handle({ warmup, query: { limit, after, kind, status, email } }) {
    const { store } = warmup
    const found = await store.accounts.page({ limit: limit + 1, after, kind, status, email })
    const page = found.slice(0, limit)
    const tokens = await store.tokens.ofAll(page.map(({ id }) => id))
    return answer(200, {
      accounts: page.map((account) => accountAnswer(account, tokens.get(account.id) ?? null)),
      next_after: found.length > limit ? (page.at(-1)?.id ?? null) : null,
    })
  },
})

export const getAccount = operation({
  id: 'getAccount',
  group: 'Accounts',
  method: 'get',
  route: '/accounts/{account}',
  summary: 'Show an account',
  description: 'Its state, settings, and what is known of its token.',
  scope: 'accounts:read',
  path,
  answers: shown,
  problems: [],
  async handle({ warmup: { store }, path }) {
    return answer(200, await showFound(store, await findAccount(store, path.account)))
  },
})

export const pause = operation({
  id: 'pauseAccount',
  group: 'Accounts',
  method: 'post',
  route: '/accounts/{account}/pause',
  summary: 'Pause an account',
  description: 'Its tasks wait until it is resumed; its token is still handed out. May be repeated.',
  scope: 'accounts:write',
  path,
  answers: shown,
  problems: ['wrong_state'],
  handle: (call) => bringTo('paused', call, call.path.account, pauseAccount),
})

export const resume = operation({
  id: 'resumeAccount',
  group: 'Accounts',
  method: 'post',
  route: '/accounts/{account}/resume',
  summary: 'Resume an account',
  description: 'Its tasks go on. May be repeated.',
  scope: 'accounts:write',
  path,
  answers: shown,
  problems: ['wrong_state'],
  handle: (call) => bringTo('active', call, call.path.account, resumeAccount),
})

export const remove = operation({
  id: 'removeAccount',
  group: 'Accounts',
  method: 'delete',
  route: '/accounts/{account}',
  summary: 'Remove an account',
  description: 'Takes it out of everything; its grant at Google is ended, then its token erased.',
  scope: 'accounts:write',
  path,
  answers: { 204: { means: 'It is removed.', shape: null } },
  problems: [],
  async handle({ warmup, path }) {
    const { id } = await findAccount(warmup.store, path.account)
    if (!(await removeAccount(warmup, id))) throw noAccount(path.account)
    return answer(204, null)
  },
})

async function bringTo(
  wanted: 'active' | 'paused',
  { warmup }: ApiDependencies,
  reference: string,
  change: typeof pauseAccount,
) {
  const { id } = await findAccount(warmup.store, reference)
  await change(warmup, id)
  const account = await showAccount(warmup.store, id)
  if (account.status === wanted) return answer(200, account)
  throw new ApiProblem('wrong_state', `Account ${id} is ${account.status} and can’t become ${wanted}.`, {
    account_status: account.status,
  })
}
