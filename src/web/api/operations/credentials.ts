import { z } from 'zod'
import { FAILURE_ADVICE } from '../../../domain/token-failure.ts'
import { type RefusedCredentials, storeCredentials } from '../../../warmup/store-credentials.ts'
import { accountShape } from '../account-shape.ts'
import { CREDENTIALS_PER_MINUTE } from '../allowances.ts'
import { credentialsFailureAnswer } from '../failure-shape.ts'
import { credential, emailAddress } from '../fields.ts'
import { showAccount } from '../find-account.ts'
import { type ApiDependencies, answer, operation } from '../operation.ts'
import { ApiProblem } from '../problems.ts'
import { googleProblem } from '../token-problems.ts'

const UNUSED =
  'Accepted, so that a token file can be sent as it is, and not used: the trial brings a newer one.'

export const putCredentials = operation({
  id: 'putCredentials',
  group: 'Tokens',
  method: 'put',
  route: '/accounts/{email}/credentials',
  summary: 'Hand in a refresh token',
  description:
    'Keeps a grant that another program has obtained. It is tried first: it is refreshed, and Google says whose mailbox it opens. The access token of that trial is the one that is kept. Makes a vault account, or gives the account that has the address its new token; its settings stay. From then on this is the only place to refresh it.',
  scope: 'tokens:write',
  path: z.object({
    email: emailAddress.meta({
      description: 'The address of the mailbox that the token opens.',
      examples: ['anna@example.com'],
    }),
  }),
  body: z
    .strictObject({
      client_id: credential().meta({
        description: 'The OAuth client that the grant was made for.',
        examples: ['1234.apps.googleusercontent.com'],
      }),
      client_secret: credential().meta({ description: 'That client’s secret.', examples: ['GOCSPX-…'] }),
      refresh_token: credential().meta({
        description: 'Of that client, for this mailbox.',
        examples: ['1//…'],
      }),
      access_token: credential().nullish().meta({ description: UNUSED }),
      expires_at: z
        .union([z.string().max(100), z.number()], 'a time as text or number')
        .nullish()
        .meta({ description: UNUSED }),
    })
    .meta({ id: 'Credentials' }),
  isBodySecret: true,
  callsPerMinute: CREDENTIALS_PER_MINUTE,
  answers: {
    200: { means: 'The account that existed has its new token.', shape: accountShape },
    201: { means: 'A new account.', shape: accountShape },
  },
  problems: ['credentials_refused', 'google_unavailable'],
  async handle({ warmup, wallNow, path, body }) {
    const result = await storeCredentials(warmup, path.email, {
      clientId: body.client_id,
      clientSecret: body.client_secret,
      refreshToken: body.refresh_token,
    })
    if ('refused' in result) throw refusal({ warmup, wallNow }, result.refused)
    return answer(result.isNew ? 201 : 200, await showAccount(warmup.store, result.account.id))
  },
})

function refusal({ warmup }: ApiDependencies, { failure, words, retryAt }: RefusedCredentials): ApiProblem {
  if (failure in FAILURE_ADVICE && (failure === 'rate_limited' || failure === 'google_unavailable'))
    return googleProblem(warmup.clock, failure, { words, retryAt })
  const answer = credentialsFailureAnswer(failure)
  return new ApiProblem('credentials_refused', `Nothing was changed: ${words}`, { failure: answer })
}
