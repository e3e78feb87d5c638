import type { Account } from '../../db/accounts.ts'
import type { Store } from '../../db/store.ts'
import { accountAnswer } from './account-shape.ts'
import { ApiProblem } from './problems.ts'

/** @throws ApiProblem `not_found`, for a removed account too */
export async function findAccount(store: Store, reference: string): Promise<Account> {
  const account = reference.includes('@')
    ? await store.accounts.byEmail(reference)
    : await store.accounts.byId(Number(reference))
  if (!account || account.status === 'removed') throw noAccount(reference)
  return account
}

/** The id, for which nothing is asked where the reference is one: whether there is such an account shows later. */
export async function findAccountId(store: Store, reference: string): Promise<number> {
  return reference.includes('@') ? (await findAccount(store, reference)).id : Number(reference)
}

/** The account as it is now. @throws ApiProblem `not_found` where it was removed meanwhile */
export async function showAccount(store: Store, id: number) {
  const account = await findAccount(store, String(id))
  return showFound(store, account)
}

/** An account whose token does not open is shown without one. */
export async function showFound(store: Store, account: Account) {
  const tokens = await store.tokens.ofAll([account.id])
  return accountAnswer(account, tokens.get(account.id) ?? null)
}

export function noAccount(reference: string | number): ApiProblem<'not_found'> {
  return new ApiProblem('not_found', `There is no account ${reference}.`, {})
}
