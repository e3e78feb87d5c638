import type { Request } from 'express'
import type { Account } from '../db/accounts.ts'
import type { Warmup } from '../warmup/dependencies.ts'
import { NotFound } from './errors.ts'
import { readId } from './ids.ts'

/** The account that the address of a page names. @throws NotFound */
export async function findAccount({ store }: Warmup, { params }: Request): Promise<Account> {
  const account = await store.accounts.byId(readId(params.id))
  if (!account) throw new NotFound()
  return account
}
