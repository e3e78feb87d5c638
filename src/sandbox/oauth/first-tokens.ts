import { type Authorized, type Issued, type IssueOptions, issue } from './issue.ts'

/** The first tokens after a consent. */
export function issueFirst(
  authorized: Authorized,
  options: IssueOptions,
  detail: { withRefreshToken: boolean; nonce?: string },
): Issued {
  const { mailbox, scopes } = authorized
  const issued = issue(authorized, options, detail)
  const at = options.now().toISOString()
  const fact = { kind: 'exchanged', at, mailbox, scopes, refreshToken: detail.withRefreshToken } as const
  return { ...issued, changes: [...issued.changes, { kind: 'fact', fact }] }
}
