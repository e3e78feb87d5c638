import { json, type Reply } from '../http/exchange.ts'

/** An error of the token and revocation endpoints. */
export class OAuthError extends Error {
  readonly status: number
  readonly error: string
  readonly more: Record<string, string>

  constructor(status: number, error: string, description: string, more: Record<string, string> = {}) {
    super(description)
    this.status = status
    this.error = error
    this.more = more
  }

  toReply(): Reply {
    return json({ error: this.error, error_description: this.message, ...this.more }, this.status)
  }
}

export const invalidGrant = (description: string) => new OAuthError(400, 'invalid_grant', description)
export const expiredOrRevoked = () => invalidGrant('Token has been expired or revoked.')
export const invalidRequest = (description: string) => new OAuthError(400, 'invalid_request', description)
