import { z } from 'zod'
import { FAILURE_ADVICE, TOKEN_FAILURES, type TokenFailure } from '../../domain/token-failure.ts'
import type { CredentialsFailure } from '../../warmup/store-credentials.ts'

const words = {
  meaning: z
    .string()
    .meta({ description: 'What the code means.', examples: [FAILURE_ADVICE.grant_revoked.means] }),
  advice: z.string().meta({ description: 'What to do.', examples: [FAILURE_ADVICE.grant_revoked.advice] }),
}

export const failureShape = z
  .object({
    code: z.enum(TOKEN_FAILURES).meta({ description: 'Stable.', examples: ['grant_revoked'] }),
    ...words,
  })
  .meta({ id: 'Failure', description: 'Why a token can’t be used.' })

const CREDENTIALS_FAILURES = [...TOKEN_FAILURES, 'no_identity', 'address_taken'] as const

export const credentialsFailureShape = z
  .object({
    code: z.enum(CREDENTIALS_FAILURES).meta({ description: 'Stable.', examples: ['wrong_mailbox'] }),
    ...words,
  })
  .meta({ id: 'CredentialsFailure', description: 'Why credentials are not kept.' })

export function failureAnswer(code: TokenFailure) {
  const { means, advice } = FAILURE_ADVICE[code]
  return { code, meaning: means, advice }
}

type Words = { means: string; advice: string }

/** Where the advice for an account does not fit credentials that were just sent. */
const CREDENTIALS_ADVICE: Partial<Record<CredentialsFailure, Words>> &
  Record<'no_identity' | 'address_taken', Words> = {
  no_identity: {
    means: 'the grant does not say whose mailbox it is',
    advice: 'Obtain a grant with the scopes openid and email besides, and send that.',
  },
  address_taken: {
    means: 'another account has the address',
    advice: 'Connect that account again, or remove it; then send the credentials once more.',
  },
  wrong_mailbox: {
    means: 'the token opens another mailbox',
    advice: 'Send the credentials to the address of the mailbox that they open.',
  },
  missing_scopes: {
    means: FAILURE_ADVICE.missing_scopes.means,
    advice: 'Obtain a grant with these scopes, and send that.',
  },
  app_refused: {
    means: 'Google refuses the OAuth client',
    advice:
      'Compare client_id and client_secret with the Google Cloud console (Google Auth Platform → Clients).',
  },
  grant_revoked: {
    means: FAILURE_ADVICE.grant_revoked.means,
    advice: 'Let the mailbox’s owner give access again, and send the new refresh token.',
  },
}

export function credentialsFailureAnswer(code: CredentialsFailure) {
  const own = CREDENTIALS_ADVICE[code] ?? FAILURE_ADVICE[code as TokenFailure]
  return { code, meaning: own.means, advice: own.advice }
}
