import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../domain/clock.ts'
import { GoogleError } from '../domain/errors.ts'
import type { ClientCredentials, TokenGrant } from '../domain/token.ts'
import { IDENTITY_SCOPES } from '../domain/token.ts'
import type { Endpoint } from './answers.ts'
import { type Answer, readAnswer, unreadable } from './problems.ts'

export type OAuthSettings = {
  authUri: string
  tokenUri: string
  revokeUri: string
  userinfoUri: string
  clientId: string
  clientSecret: string
  redirectUri: string
  /** Longest wait for an answer, in real milliseconds. */
  timeoutMs: number
  /** Told of every call, for who counts them. */
  onCall?(call: OAuthCall): void
}

export type OAuthMethod = `oauth.${Asked}`
/** A call of Google's OAuth endpoints that is over; `status` is null where no answer came. */
export type OAuthCall = { method: OAuthMethod; status: number | null; ms: number }

/** `googleUserId` is Google's stable `sub`. */
export type Identity = { googleUserId: string; email: string }

const TEN_YEARS = 10 * 365 * 24 * 3600
const lifetime = z.number().positive().max(TEN_YEARS)
const words = z.string().min(1)

/** RFC 6749, 5.1. What may be left out and makes no sense counts as left out: it must not displace what is known. */
const TOKEN_ANSWER = z.object({
  access_token: words,
  expires_in: lifetime,
  refresh_token: words.nullable().catch(null),
  scope: words.nullable().catch(null),
  refresh_token_expires_in: lifetime.nullable().catch(null),
})

/** https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload */
const USERINFO_ANSWER = z.object({
  sub: words,
  email: words,
  email_verified: z.union([z.boolean(), z.string()]).nullish(),
})

type Asked = Exclude<Endpoint, 'gmail'>
const ASKED: Record<Asked, string> = {
  token: 'a token request',
  revoke: 'a revocation',
  userinfo: 'userinfo',
}

export type GoogleOAuth = ReturnType<typeof createOAuth>

/**
 * Google's OAuth 2.0 for web server applications, as https://developers.google.com/identity/protocols/oauth2/web-server
 * describes it. The requests are ours, because google-auth-library repeats token requests (a code works once), and
 * puts the old refresh token over a rotated one.
 */
export function createOAuth(settings: OAuthSettings, clock: Clock) {
  const client: ClientCredentials = settings

  return {
    client,

    /** Where the owner of a mailbox is sent to give consent; `scopes` are asked for besides knowing whose mailbox it is. */
    consentUrl(options: {
      state: string
      codeVerifier: string
      scopes: readonly string[]
      loginHint?: string
    }): string {
      const url = new URL(settings.authUri)
      const parameters = {
        client_id: settings.clientId,
        redirect_uri: settings.redirectUri,
        response_type: 'code',
        scope: [...new Set([...IDENTITY_SCOPES, ...options.scopes])].join(' '),
        access_type: 'offline',
        prompt: 'consent',
        include_granted_scopes: 'true',
        state: options.state,
        code_challenge: createHash('sha256').update(options.codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(options.loginHint ? { login_hint: options.loginHint } : {}),
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return url.href
    },

    /** @throws GoogleError */
    exchangeCode(code: string, codeVerifier: string): Promise<TokenGrant> {
      return requestToken(client, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
        redirect_uri: settings.redirectUri,
      })
    },

    /** @throws GoogleError; only `grant_revoked` says anything about the account */
    refresh(refreshToken: string, of: ClientCredentials): Promise<TokenGrant> {
      return requestToken(of, { grant_type: 'refresh_token', refresh_token: refreshToken })
    },

    /** Ends a whole grant, if it has not ended already. @throws GoogleError */
    async revoke(token: string): Promise<void> {
      await post('revoke', settings.revokeUri, { token })
    },

    /** Whose mailbox an access token opens, where it has the scopes `openid` and `email`. @throws GoogleError */
    async identify(accessToken: string): Promise<Identity> {
      const body = await ask('userinfo', settings.userinfoUri, {
        headers: { authorization: `Bearer ${accessToken}` },
      })
      const read = USERINFO_ANSWER.safeParse(body)
      if (!read.success) throw unreadable('Google’s userinfo names no user id and address')
      const { sub, email, email_verified } = read.data
      if (email_verified === false || email_verified === 'false')
        throw new GoogleError('refused', `Google has not verified that ${email} is this user’s address`)
      return { googleUserId: sub, email }
    },
  }

  async function requestToken(
    of: ClientCredentials,
    parameters: Record<string, string>,
  ): Promise<TokenGrant> {
    const body = await post('token', of.tokenUri, {
      client_id: of.clientId,
      client_secret: of.clientSecret,
      ...parameters,
    })
    const read = TOKEN_ANSWER.safeParse(body)
    if (!read.success) throw unreadable('Google’s token answer holds no access token with a lifetime')
    const { access_token, expires_in, refresh_token, scope, refresh_token_expires_in } = read.data
    return {
      accessToken: access_token,
      expiresInSeconds: expires_in,
      refreshToken: refresh_token,
      scope,
      refreshTokenExpiresInSeconds: refresh_token_expires_in,
    }
  }

  function post(of: Asked, url: string, parameters: Record<string, string>) {
    return ask(of, url, { method: 'POST', body: new URLSearchParams(parameters) })
  }

  /** The body of a success. @throws GoogleError */
  async function ask(of: Asked, url: string, init: RequestInit): Promise<unknown> {
    const answer = await answerOf(of, url, init)
    const error = readAnswer(of, answer, clock.now())
    if (error) throw error
    return answer.body
  }

  async function answerOf(of: Asked, url: string, init: RequestInit): Promise<Answer> {
    const startedAt = performance.now()
    let answered: number | null = null
    try {
      const response = await fetch(url, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(settings.timeoutMs),
      })
      const body = parsed(await response.text())
      const { status, headers } = response
      answered = status
      return {
        status,
        body,
        retryAfter: headers.get('retry-after'),
        message: `Google answered ${status} to ${ASKED[of]}`,
      }
    } catch (error) {
      const message = `no answer from ${new URL(url).host}: ${causeOf(error)}`
      return { status: null, body: null, retryAfter: null, message }
    } finally {
      settings.onCall?.({ method: `oauth.${of}`, status: answered, ms: performance.now() - startedAt })
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}
