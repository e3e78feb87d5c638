import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { OperatorError } from '../domain/errors.ts'

/** Days on which all mail of one warmup account lands in spam: both are counted from 1, the last day included. */
export type SpamSpell = { sender: number; firstDay: number; lastDay: number }

export type RehearsalOptions = {
  warmup: number
  pool: number
  days: number
  seed: number
  spells: SpamSpell[]
  /** Where the report goes; null: into the data folder, under a name that tells the options. */
  out: string | null
}

const MOST = { warmup: 200, pool: 1000, days: 365, seed: 2 ** 31 - 1 }

export const USAGE = `usage: npm run rehearse -- [--warmup 5] [--pool 15] [--days 30] [--seed 1] [--spam SENDER:FIRST-LAST]… [--out FILE]

  --warmup N   warmup accounts, 1 to ${MOST.warmup}
  --pool N     pool accounts, 1 to ${MOST.pool}
  --days N     days, 1 to ${MOST.days}; the first one is a Monday
  --seed N     what chance is drawn from, 0 to ${MOST.seed}: the same seed makes the same plan
  --spam 2:8-12
               all mail of the second warmup account lands in spam on the days 8 to 12; may be given several times
  --out FILE   where the report goes, an HTML file; otherwise into DATA_DIR/rehearsals`

/** @throws OperatorError that names the value and what was expected */
export function readOptions(args: readonly string[]): RehearsalOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        warmup: { type: 'string', default: '5' },
        pool: { type: 'string', default: '15' },
        days: { type: 'string', default: '30' },
        seed: { type: 'string', default: '1' },
        spam: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
      },
    })
    const warmup = wholeNumber('warmup', values.warmup, 1)
    const days = wholeNumber('days', values.days, 1)
    return {
      warmup,
      pool: wholeNumber('pool', values.pool, 1),
      days,
      seed: wholeNumber('seed', values.seed, 0),
      spells: values.spam.map((text) => readSpell(text, { warmup, days })),
      out: values.out === undefined ? null : readFile(values.out),
    }
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`)
  }
}

function wholeNumber(name: keyof typeof MOST, text: string, least: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= MOST[name]) return number
  throw new Error(`--${name} ${text}: expected a whole number from ${least} to ${MOST[name]}`)
}

function readSpell(text: string, { warmup, days }: { warmup: number; days: number }): SpamSpell {
  const refuse = (expected: string) => new Error(`--spam ${text}: expected ${expected}`)
  const match = /^(\d+):(\d+)-(\d+)$/.exec(text)
  if (!match) throw refuse('the number of a warmup account and its days, such as 2:8-12')
  const [sender, firstDay, lastDay] = match.slice(1).map(Number) as [number, number, number]
  if (sender < 1 || sender > warmup) throw refuse(`one of the warmup accounts 1 to ${warmup}`)
  if (firstDay < 1 || lastDay > days || firstDay > lastDay)
    throw refuse(`days from 1 to ${days}, the first one first`)
  return { sender, firstDay, lastDay }
}

function readFile(text: string): string {
  if (!/\.html?$/i.test(text)) throw new Error(`--out ${text}: expected the name of an .html file`)
  return resolve(text)
}

/** The options as they are typed, without the report's place. */
export function commandOf({ warmup, pool, days, seed, spells }: RehearsalOptions): string {
  const spam = spells.map(({ sender, firstDay, lastDay }) => ` --spam ${sender}:${firstDay}-${lastDay}`)
  return `npm run rehearse -- --warmup ${warmup} --pool ${pool} --days ${days} --seed ${seed}${spam.join('')}`
}

/** The report's name where none was given. */
export function fileNameOf({ warmup, pool, days, seed, spells }: RehearsalOptions): string {
  const spam = spells.map(({ sender, firstDay, lastDay }) => `-spam-${sender}-${firstDay}-${lastDay}`)
  return `warmup-${warmup}-pool-${pool}-days-${days}-seed-${seed}${spam.join('')}.html`
}
