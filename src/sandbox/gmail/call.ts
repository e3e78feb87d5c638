import { invalidArgument } from '../http/google-error.ts'
import type { Mailbox } from '../state/shapes.ts'
import type { State } from '../state/state.ts'
import type { Transaction } from '../state/transaction.ts'

/** One request to a method of Gmail, after its token, its scopes and its quota were checked. */
export type Call = {
  state: Readonly<State>
  mailbox: Mailbox
  params: Record<string, string>
  query: URLSearchParams
  body: Record<string, unknown>
  seed: number
  /** True when all the token covers is the `gmail.metadata` scope. */
  metadataOnly: boolean
  transaction: Transaction
  /** Makes the changes of the transaction come true; before it a method may still fail without a trace. */
  commit(): void
}

export function param(call: Call, name: string): string {
  const value = call.params[name]
  if (value === undefined) throw new Error(`the route has no {${name}}`)
  return value
}

export function optionalString(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw invalidArgument(`Invalid value at '${name}' (TYPE_STRING)`)
  return value
}

export function stringList(body: Record<string, unknown>, name: string): string[] {
  const value = body[name] ?? []
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalidArgument(`Invalid value at '${name}' (TYPE_STRING)`)
  }
  return value
}

export function optionalObject(
  body: Record<string, unknown>,
  name: string,
): Record<string, unknown> | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw invalidArgument(`Invalid value at '${name}'`)
  return value
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function maxResults(query: URLSearchParams): number {
  const text = query.get('maxResults')
  if (text === null) return 100
  if (!/^\d+$/.test(text)) throw invalidArgument(`Invalid value at 'max_results' (TYPE_UINT32), "${text}"`)
  return Math.min(500, Math.max(1, Number(text)))
}
