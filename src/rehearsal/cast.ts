import { type AccountSettings, DEFAULT_SETTINGS } from '../domain/account.ts'

export type Player = { email: string; settings: AccountSettings }

const NAMES =
  'anna ben cleo daniel emma felix greta hugo ida jonas klara leo maria nils olga paul rosa simon tilda viktor'.split(
    ' ',
  )
const SENDER_DOMAINS = ['northwind.example', 'bluebird.example', 'papermill.example']
const POOL_DOMAINS = [
  'harbour.example',
  'orchard.example',
  'lantern.example',
  'meadow.example',
  'copper.example',
]
/** All of them sleep at half past five UTC, in winter and in summer: there the days of a rehearsal begin. */
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Europe/London',
  'America/Los_Angeles',
  'America/Sao_Paulo',
]

/** Who takes part, with default settings: over several domains and time zones, always the same ones. Warmup first. */
export function castOf({ warmup, pool }: { warmup: number; pool: number }): Player[] {
  return [...players('warmup', warmup, SENDER_DOMAINS), ...players('pool', pool, POOL_DOMAINS)]
}

function players(kind: 'warmup' | 'pool', count: number, domains: readonly string[]): Player[] {
  return Array.from({ length: count }, (_, i) => {
    const round = Math.floor(i / NAMES.length)
    const name = `${NAMES[i % NAMES.length]}${round === 0 ? '' : round + 1}`
    const settings = { ...DEFAULT_SETTINGS, kind, timeZone: ZONES[i % ZONES.length] as string }
    return { email: `${name}@${domains[i % domains.length]}`, settings }
  })
}
