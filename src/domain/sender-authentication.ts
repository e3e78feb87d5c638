/** `unknown`: nobody could look, which is no reason to blame the domain. */
export type RecordState = 'pass' | 'fail' | 'unknown'

/** One of the three records of a sending domain, and what to do about it. */
export type RecordFinding = {
  state: RecordState
  /** Where it was looked for. */
  name: string
  /** What stands there, or null. */
  found: string | null
  /** What is wrong with it, in words; null where nothing is. A record may pass and still be better than it is. */
  problem: string | null
  /** What to publish under `name`, where something is wrong. */
  publish: string | null
}
export type DomainFindings = { spf: RecordFinding; dkim: RecordFinding; dmarc: RecordFinding }

/** The texts of all TXT records under a name, none where it has none; or why nobody could tell. */
export type TxtAnswer = { texts: string[] } | { failure: string }

/** Asks for the TXT records of one name after another, and ends with what they mean. It is for others to look them up. */
export type Inquiry<Result = RecordFinding> = Generator<string, Result, TxtAnswer>

/** Whether the mail of this domain can't pass its own checks; a domain that nobody could look up is not blamed. */
export function failsAuthentication(findings: DomainFindings): boolean {
  return [findings.spf, findings.dkim, findings.dmarc].some(({ state }) => state === 'fail')
}

/** Whether Google itself publishes the records of this domain, so that there is nothing to look up or to mend. */
export function isGoogles(domain: string): boolean {
  return ['gmail.com', 'googlemail.com'].includes(domain.toLowerCase())
}

/** Whether nobody can own the domain: its last part is kept for examples and tests. RFC 2606, RFC 6761 */
export function isReserved(domain: string): boolean {
  return /(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(com|net|org)$/i.test(domain)
}

export function unknownFinding(name: string, why: string): RecordFinding {
  return { state: 'unknown', name, found: null, problem: `It could not be looked up: ${why}.`, publish: null }
}
