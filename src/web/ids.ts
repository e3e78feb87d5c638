import { NotFound } from './errors.ts'

/** @throws NotFound for what can be no row's id */
export function readId(text: unknown): number {
  const id = typeof text === 'string' && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0
  if (!Number.isSafeInteger(id) || id === 0) throw new NotFound()
  return id
}
