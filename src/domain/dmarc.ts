import { type Inquiry, type RecordFinding, type TxtAnswer, unknownFinding } from './sender-authentication.ts'
import { parseTags } from './tag-list.ts'

const POLICIES = ['none', 'quarantine', 'reject']
/** Longer names are not walked label by label: https://www.rfc-editor.org/rfc/rfc9989#section-4.10 */
const MOST_PARENT_LABELS = 7

/**
 * Finds the DMARC policy that receivers apply to this domain: its own, or else the one that stands highest above it,
 * unless a record says on the way that it is the organisation's (`psd=n`).
 */
export function* inquireDmarc(domain: string): Inquiry {
  const own = `_dmarc.${domain}`
  const answer = yield own
  if ('failure' in answer) return unknownFinding(own, answer.failure)
  const records = recordsAmong(answer.texts)
  if (records.length > 0) return judge(own, records)

  let inherited: RecordFinding | null = null
  for (const parent of parentsOf(domain)) {
    const name = `_dmarc.${parent}`
    const above: TxtAnswer = yield name
    if ('failure' in above) return inherited ?? unknownFinding(name, above.failure)
    const [record, ...others] = recordsAmong(above.texts)
    if (record === undefined) continue
    inherited = judge(name, [record, ...others])
    if (parseTags(record).get('psd')?.toLowerCase() === 'n') break
  }
  return inherited ?? missing(own, answer.texts)
}

function judge(name: string, records: string[]): RecordFinding {
  const seen = { name, found: records.join('\n') }
  const policies = records.map((record) => parseTags(record).get('p')?.toLowerCase() ?? '')
  const wrong = policies.findIndex((policy) => !POLICIES.includes(policy))
  if (records.length === 1 && wrong < 0) return { ...seen, state: 'pass', problem: null, publish: null }

  const good = records.find((_, index) => POLICIES.includes(policies[index] ?? ''))
  const publish = good ?? withPolicy(records[0] ?? '')
  const problem =
    records.length > 1
      ? `There are ${records.length} DMARC records, so receivers apply none: keep one.`
      : 'Its p= has to be none, quarantine or reject.'
  return { ...seen, state: 'fail', problem, publish }
}

function missing(name: string, texts: string[]): RecordFinding {
  const nearly = texts.filter((text) => /dmarc/i.test(text))
  const problem =
    nearly.length > 0
      ? 'What stands there does not begin with v=DMARC1, so receivers ignore it.'
      : 'There is no DMARC record, neither here nor for a domain above.'
  const found = nearly.join('\n') || null
  return { state: 'fail', name, found, problem, publish: withPolicy(nearly[0] ?? '') }
}

/** Version and policy first: older receivers want them there. A policy that is none of the three becomes `none`. */
function withPolicy(record: string): string {
  const { v: _, p = '', ...others } = Object.fromEntries(parseTags(record))
  const policy = POLICIES.includes(p.toLowerCase()) ? p.toLowerCase() : 'none'
  const rest = Object.entries(others).map(([name, value]) => `${name}=${value}`)
  return ['v=DMARC1', `p=${policy}`, ...rest].join('; ')
}

/** The version comes first, and its capitals matter. */
const recordsAmong = (texts: string[]) => texts.filter((text) => /^v\s*=\s*DMARC1\s*(;|$)/.test(text))

function parentsOf(domain: string): string[] {
  const labels = domain.split('.')
  const above = labels.slice(Math.max(1, labels.length - MOST_PARENT_LABELS))
  return above.map((_, index) => above.slice(index).join('.'))
}
