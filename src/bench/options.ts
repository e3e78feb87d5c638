import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { OperatorError } from '../domain/errors.ts'

export const PART_NAMES = [
  'start',
  'rest',
  'warmups',
  'refreshes',
  'lateness',
  'accounts',
  'history',
  'sync',
  'dashboard',
] as const
export type PartName = (typeof PART_NAMES)[number]
export type BackendKind = 'redis' | 'postgres'

export type BenchOptions = {
  parts: PartName[]
  backends: BackendKind[]
  /** How long Google takes to answer, in milliseconds. */
  latencies: number[]
  /** Tasks of each kind that the worker runs at once. */
  concurrency: number
  accounts: number
  warmups: number
  profile: string | null
  /** Whether SQL statements are listed. */
  listsStatements: boolean
}

const LIMITS = {
  latency: [0, 10_000],
  concurrency: [1, 500],
  accounts: [4, 100_000],
  warmups: [10, 1_000_000],
} as const

export const USAGE = `usage: npm run bench -- [--only PART,…] [--backend redis|postgres|both] [--latency 0,50,100] [--concurrency 20]
                     [--accounts 2000] [--warmups 2000] [--profile FILE] [--statements]

  --only PART     only these parts, of ${PART_NAMES.join(', ')}
  --backend B     where the queue is: redis, postgres or both
  --latency MS    how long Google takes to answer, ${LIMITS.latency.join(' to ')} ms; several with commas between
  --concurrency N tasks of each kind at once, ${LIMITS.concurrency.join(' to ')}
  --accounts N    accounts, half of them warmup accounts, ${LIMITS.accounts.join(' to ')}
  --warmups N     conversations of a timed run, ${LIMITS.warmups.join(' to ')}
  --profile FILE  a V8 CPU profile of the worker's first timed run, into a .cpuprofile file
  --statements    lists the SQL statements of the runs of each kind of task`

/** @throws OperatorError that names the value and what was expected */
export function readOptions(args: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', default: PART_NAMES.join(',') },
        backend: { type: 'string', default: 'both' },
        latency: { type: 'string', default: '0,50,100' },
        concurrency: { type: 'string', default: '20' },
        accounts: { type: 'string', default: '2000' },
        warmups: { type: 'string', default: '2000' },
        profile: { type: 'string' },
        statements: { type: 'boolean', default: false },
      },
    })
    return {
      parts: values.only.split(',').map(readPart),
      backends: readBackends(values.backend),
      latencies: values.latency.split(',').map((text) => wholeNumber('latency', text)),
      concurrency: wholeNumber('concurrency', values.concurrency),
      accounts: wholeNumber('accounts', values.accounts),
      warmups: wholeNumber('warmups', values.warmups),
      profile: values.profile === undefined ? null : readFile(values.profile),
      listsStatements: values.statements,
    }
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`)
  }
}

function wholeNumber(name: keyof typeof LIMITS, text: string): number {
  const [least, most] = LIMITS[name]
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  throw new Error(`--${name} ${text}: expected a whole number from ${least} to ${most}`)
}

function readPart(text: string): PartName {
  const part = PART_NAMES.find((name) => name === text)
  if (!part) throw new Error(`--only ${text}: expected one of ${PART_NAMES.join(', ')}`)
  return part
}

function readBackends(text: string): BackendKind[] {
  if (text === 'both') return ['redis', 'postgres']
  if (text === 'redis' || text === 'postgres') return [text]
  throw new Error(`--backend ${text}: expected redis, postgres or both`)
}

function readFile(text: string): string {
  if (!text.endsWith('.cpuprofile'))
    throw new Error(`--profile ${text}: expected the name of a .cpuprofile file`)
  return resolve(text)
}
