import { z } from 'zod'
import { ACCOUNT_KINDS, DEFAULT_SETTINGS } from '../../../domain/account.ts'
import { issueConnectLink } from '../../../warmup/connect-link.ts'
import { time } from '../account-shape.ts'
import { accountReference, emailAddress, googleScope, oneOf, wholeNumber } from '../fields.ts'
import { findAccount } from '../find-account.ts'
import { answer, operation } from '../operation.ts'
import { ApiProblem } from '../problems.ts'

const DAY_MINUTES = 24 * 60

export const connectLink = operation({
  id: 'createConnectLink',
  group: 'Accounts',
  method: 'post',
  route: '/accounts/{account}/connect-link',
  summary: 'Make a link for a mailbox’s owner',
  description:
    'Who opens it walks through Google’s consent page and connects this mailbox, and no other, without an operator’s session. It works until it ends or the account is connected. For an address that is no account yet it offers a new one.',
  scope: 'accounts:write',
  path: z.object({ account: accountReference }),
  body: z
    .strictObject({
      valid_for_minutes: wholeNumber(1, 30 * DAY_MINUTES)
        .default(7 * DAY_MINUTES)
        .meta({ description: 'How long the link works, in minutes: 7 days, at most 30.' }),
      extra_scopes: z
        .array(googleScope, 'a list of scopes')
        .max(50, 'at most 50 scopes')
        .optional()
        .meta({
          description:
            'A scope of Google’s in full, or the name after https://www.googleapis.com/auth/ alone. For a vault account Google is asked for exactly these, and nothing of Gmail unless it is among them; without any, for the four of Gmail that the workers use. For the other kinds these are asked for besides those four. Whose mailbox it is (openid, email) is always asked. Left out, it is what was asked for before.',
          examples: [['calendar.readonly']],
        }),
      kind: oneOf(ACCOUNT_KINDS).default('vault').meta({
        description:
          'Of a new account, which gets the default settings; an account that exists keeps its own.',
      }),
    })
    .meta({ id: 'ConnectLinkOrder' }),
  answers: {
    201: {
      means: 'The link. It is shown once and kept nowhere.',
      shape: z
        .object({
          url: z.url().meta({
            description:
              'For the mailbox’s owner. It is no secret of the operator’s, but whoever has it may connect this mailbox.',
            examples: ['https://kindling.example.com/connect?link=…'],
          }),
          expires_at: time.meta({ description: 'When the link ends.' }),
        })
        .meta({ id: 'ConnectLink' }),
    },
  },
  problems: [],
  async handle({ warmup, wallNow, path: { account }, body }) {
    const email = await addressOf(account)
    const settings = { ...DEFAULT_SETTINGS, kind: body.kind }
    const extras = body.extra_scopes ? { extraScopes: [...new Set(body.extra_scopes)] } : {}
    const { url, expiresAt } = await issueConnectLink(
      warmup,
      { email, settings, ...extras },
      { wallNow: wallNow(), validForMinutes: body.valid_for_minutes },
    )
    return answer(201, { url, expires_at: expiresAt.toISOString() })

    async function addressOf(reference: string): Promise<string> {
      if (!reference.includes('@')) return (await findAccount(warmup.store, reference)).email
      if (emailAddress.safeParse(reference).success) return reference
      const problem = {
        in: 'path',
        path: 'account',
        problem: `is “${reference}”`,
        expected: 'an email address',
      } as const
      throw new ApiProblem('invalid_request', 'One field is not as expected.', { errors: [problem] })
    }
  },
})
