import { type Inquiry, type RecordFinding, unknownFinding } from './sender-authentication.ts'
import {
  endingOf,
  inOrder,
  leadsOn,
  mendSpf,
  parseSpf,
  pointsToGoogle,
  type SpfRecord,
  type SpfTerm,
  spfRecordsAmong,
} from './spf-record.ts'

/** https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4 */
const MOST_LOOK_UPS = 10
const COUNTED = ['include', 'a', 'mx', 'ptr', 'exists', 'redirect']

/** Why a mail that Google sends passes, or does not. */
type Outcome =
  | { result: 'google' | 'anyone'; record: SpfRecord }
  | { result: 'refused' }
  | { result: 'error'; why: string }
  | { result: 'unseen'; why: string }
type Count = { lookUps: number }

/** Finds out whether receivers take Google for a sender of this domain's mail, as RFC 7208 has them do it. */
export function* inquireSpf(domain: string): Inquiry {
  const answer = yield domain
  if ('failure' in answer) return unknownFinding(domain, answer.failure)
  const texts = spfRecordsAmong(answer.texts)
  const records = texts.map(parseSpf)
  const seen = { name: domain, found: texts.join('\n') || null }
  const fail = (problem: string): RecordFinding => ({
    ...seen,
    state: 'fail',
    problem,
    publish: mendSpf(records),
  })

  const [record] = records
  if (!record) return fail('There is no SPF record.')
  if (records.length > 1)
    return fail(`There are ${records.length} SPF records, which receivers take for an error: keep one.`)

  const outcome = yield* match(record, { lookUps: 0 })
  if (outcome.result === 'error') return fail(`Receivers take it for an error: ${outcome.why}.`)
  if (outcome.result === 'unseen') return { ...unknownFinding(domain, outcome.why), ...seen }
  if (outcome.result === 'refused') return fail('It does not name Google as a sender of this domain’s mail.')
  const ending = endingOf(outcome.record)
  if (outcome.result === 'anyone' || ending === '+') return fail('It allows anyone to send: +all.')
  if (ending !== '?') return { ...seen, state: 'pass', problem: null, publish: null }
  const problem = 'It says nothing about other senders (neutral): end it with ~all or -all.'
  return { ...seen, state: 'pass', problem, publish: mendSpf(records) }
}

/** Term by term until one of them decides, as a receiver does: what follows does not count. */
function* match(record: SpfRecord, count: Count): Inquiry<Outcome> {
  if (record.malformed.length > 0) return { result: 'error', why: `“${record.malformed[0]}” is no SPF` }
  let unseen: Outcome | null = null
  for (const term of inOrder(record)) {
    if (COUNTED.includes(term.name)) count.lookUps++
    const outcome: Outcome = yield* matchTerm(term, record, count)
    if (count.lookUps > MOST_LOOK_UPS)
      return { result: 'error', why: `it takes more than ${MOST_LOOK_UPS} look-ups to come to Google` }
    if (outcome.result === 'error') return outcome
    if (outcome.result === 'unseen') unseen ??= outcome
    if (outcome.result === 'google' || outcome.result === 'anyone') {
      // Of a redirection the other record's end counts, of an inclusion this one's.
      if (term.name === 'redirect') return outcome
      return term.qualifier === '+' ? { ...outcome, record } : (unseen ?? { result: 'refused' })
    }
  }
  return unseen ?? { result: 'refused' }
}

function* matchTerm(term: SpfTerm, record: SpfRecord, count: Count): Inquiry<Outcome> {
  if (count.lookUps > MOST_LOOK_UPS) return { result: 'refused' }
  if (term.name === 'all') return { result: 'anyone', record }
  if (term.name === 'exists' || (leadsOn(term) && term.value.includes('%')))
    return { result: 'unseen', why: `“${term.text}” is decided for each mail on its own` }
  if (!leadsOn(term)) return { result: 'refused' }
  const outcome = yield* follow(term, count)
  // Somewhere behind Google's own record are the addresses that it sends from: what counts is that they are reached.
  return pointsToGoogle(term) ? { result: 'google', record } : outcome
}

function* follow(term: SpfTerm, count: Count): Inquiry<Outcome> {
  const answer = yield term.value
  if ('failure' in answer) return { result: 'unseen', why: `${term.value}: ${answer.failure}` }
  const [text, ...others] = spfRecordsAmong(answer.texts)
  if (text === undefined) return { result: 'error', why: `“${term.text}” leads to no SPF record` }
  if (others.length > 0) return { result: 'error', why: `“${term.text}” leads to several SPF records` }
  return yield* match(parseSpf(text), count)
}
