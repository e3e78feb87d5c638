import type { Refusal } from '../state/shapes.ts'
import { ControlError } from './control-error.ts'

/** Action `failed`, unless told otherwise. */
export type RefusalOrder = Omit<Refusal, 'action'> & Partial<Refusal>

export function readRefusal({ status, words, action = 'failed' }: RefusalOrder): Refusal {
  const known = action === 'delayed' ? /^4\.\d{1,3}\.\d{1,3}$/ : /^[45]\.\d{1,3}\.\d{1,3}$/
  if (!known.test(status)) throw new ControlError(`no status of a mail that ${action}: ${status}`)
  if (!/^[\x20-\x7e]+$/.test(words)) throw new ControlError('the words are no line of plain ASCII')
  return { status, words, action }
}
