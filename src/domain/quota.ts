import type { TaskKind } from './task.ts'

/**
 * What one call of each method costs, in Gmail's quota units; where Google's page and what is measured may differ, the higher one.
 * https://developers.google.com/workspace/gmail/api/reference/quota#per-method-quota
 */
export const METHOD_UNITS = {
  getProfile: 5,
  'history.list': 2,
  watch: 100,
  'drafts.create': 10,
  'drafts.get': 5,
  'drafts.list': 5,
  'drafts.send': 100,
  'labels.create': 5,
  'labels.list': 5,
  'messages.get': 20,
  'messages.list': 5,
  'messages.modify': 5,
  'threads.get': 40,
} as const satisfies Record<string, number>

/** What a task of a kind commonly costs; kinds that are left out ask Gmail for nothing. */
export const TASK_UNITS: Partial<Record<TaskKind, number>> = {
  send: 135,
  reply: 135,
  open: 30,
  settle: 75,
  check: 5,
  sync: 2,
}

/** https://developers.google.com/workspace/gmail/api/reference/quota (for projects since May 2026) */
export const UNITS_PER_MINUTE = { project: 1_200_000, account: 6000 }

/** A round that is refused in its middle keeps nothing: it may read as many heads as half of an account's minute pays for. */
export function mostHeads(unitsPerMinute: number): number {
  return Math.floor(unitsPerMinute / 2 / METHOD_UNITS['messages.get'])
}

/**
 * An allowance of units: up to `burst` at once, and so much more in each minute that `perMinute` is never passed within any
 * 60 s. What is left of it is kept as one time, when the allowance will be whole again (the virtual scheduling of the GCRA,
 * ITU-T I.371); none, or a past one: it is whole.
 */
export type Allowance = { perMinute: number; burst: number }

/** An account's work comes in bursts; a project's is steady. */
export function allowanceOf(what: 'project' | 'account', perMinute: number): Allowance {
  return { perMinute, burst: perMinute * (what === 'project' ? 0.1 : 0.5) }
}

/** Units that come back in a millisecond. */
export function refill({ perMinute, burst }: Allowance): number {
  return (perMinute - burst) / 60_000
}

/** When the allowance will be whole again after units were spent, allowed or not. */
export function wholeAfter(wholeAt: number, units: number, allowance: Allowance, now: number): number {
  return Math.max(wholeAt, now) + units / refill(allowance)
}

/** When so many units may be spent, or the whole allowance where that is less; `now` if at once. Times in milliseconds. */
export function readyAt(wholeAt: number, units: number, allowance: Allowance, now: number): number {
  const spare = allowance.burst - Math.min(units, allowance.burst)
  return Math.max(now, wholeAt - spare / refill(allowance))
}
