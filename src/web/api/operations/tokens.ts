import { z } from 'zod'
import type { ValidToken } from '../../../warmup/authenticate-and-update-token.ts'
import { handOutNewToken, handOutToken } from '../../../warmup/hand-out-token.ts'
import { time } from '../account-shape.ts'
import { FORCED_REFRESHES_PER_MINUTE } from '../allowances.ts'
import { accountReference, numberInAddress } from '../fields.ts'
import { findAccountId } from '../find-account.ts'
import { type ApiDependencies, answer, operation } from '../operation.ts'
import type { ProblemCode } from '../problems.ts'
import { tokenProblem } from '../token-problems.ts'

const DEFAULT_MINUTES = 30
/** Google’s access tokens live an hour: what is asked for leaves time for the way. */
const MOST_MINUTES = 55

const tokenShape = z
  .object({
    access_token: z.string().meta({ description: 'For the header Authorization.', examples: ['ya29.…'] }),
    token_type: z.literal('Bearer').meta({ description: 'How it is sent.' }),
    expires_at: time.meta({ description: 'When it ends.' }),
    valid_for_minutes: z.int().meta({ description: 'Whole minutes until then.', examples: [59] }),
    refreshed: z.boolean().meta({ description: 'Whether Google gave it just now.', examples: [false] }),
    scopes: z.array(z.string()).meta({
      description: 'What it opens.',
      examples: [['https://www.googleapis.com/auth/calendar.readonly']],
    }),
  })
  .meta({ id: 'Token' })

const path = z.object({ account: accountReference })
const problems: ProblemCode[] = ['needs_reauth', 'google_unavailable', 'app_refused', 'domain_policy']
const answers = { 200: { means: 'The token.', shape: tokenShape } }

export const getToken = operation({
  id: 'getToken',
  group: 'Tokens',
  method: 'get',
  route: '/accounts/{account}/token',
  summary: 'Get an access token',
  description:
    'A token that is valid for at least min_valid_minutes, refreshed first where it is not. However many programs ask at the same time, Google is asked once. By id it costs one query less than by address.',
  scope: 'tokens:read',
  path,
  query: z.strictObject({
    min_valid_minutes: numberInAddress(1, MOST_MINUTES).default(DEFAULT_MINUTES).meta({
      description: 'How long the token must live on, in minutes.',
    }),
  }),
  answers,
  problems,
  handle: (call) =>
    answerWith(call, call.path.account, (accountId) =>
      handOutToken(call.warmup, accountId, {
        key: call.key.name,
        validFor: call.query.min_valid_minutes * 60,
      }),
    ),
})

export const refreshToken = operation({
  id: 'refreshToken',
  group: 'Tokens',
  method: 'post',
  route: '/accounts/{account}/token/refresh',
  summary: 'Force a new access token',
  description:
    'Another token in the place of the one there is, for when Google’s services refuse that one. Those who ask at the same time get the same one. A token need never be refreshed because of its age: that happens by itself.',
  scope: 'tokens:write',
  path,
  callsPerMinute: FORCED_REFRESHES_PER_MINUTE,
  answers,
  problems,
  handle: (call) =>
    answerWith(call, call.path.account, (accountId) =>
      handOutNewToken(call.warmup, accountId, { key: call.key.name }),
    ),
})

async function answerWith(
  api: ApiDependencies,
  reference: string,
  handOut: (accountId: number) => Promise<ValidToken>,
) {
  const { store, clock } = api.warmup
  const accountId = await findAccountId(store, reference)
  try {
    const { accessToken, expiresAt, refreshed, scopes } = await handOut(accountId)
    const minutes = Math.floor((expiresAt.getTime() - clock.now().getTime()) / 60_000)
    return answer(200, {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_at: expiresAt.toISOString(),
      valid_for_minutes: Math.max(0, minutes),
      refreshed,
      scopes,
    } as const)
  } catch (error) {
    throw await tokenProblem(api, accountId, error)
  }
}
