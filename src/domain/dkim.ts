import { type Inquiry, type RecordFinding, type TxtAnswer, unknownFinding } from './sender-authentication.ts'
import { parseTags } from './tag-list.ts'

/** What the Google Admin console proposes. */
const GOOGLES_SELECTOR = 'google'

/** Finds out whether a key is published that Google can sign this domain's mail with; one of several is enough. */
export function* inquireDkim(domain: string, selectors: readonly string[]): Inquiry {
  const [first = GOOGLES_SELECTOR, ...others] = selectors
  const findings: RecordFinding[] = []
  for (const selector of [first, ...others]) {
    const name = `${selector}._domainkey.${domain}`
    const finding = judge(name, yield name)
    if (finding.state === 'pass') return finding
    findings.push(finding.state === 'fail' ? { ...finding, publish: adviceFor(domain, selector) } : finding)
  }
  const unseen = findings.find(({ state }) => state === 'unknown')
  const faulty = findings.find(({ found }) => found !== null)
  return unseen ?? faulty ?? (findings[0] as RecordFinding)
}

function judge(name: string, answer: TxtAnswer): RecordFinding {
  if ('failure' in answer) return unknownFinding(name, answer.failure)
  // A wildcard record of the domain's, SPF say, is found here as well.
  const keys = answer.texts.filter((text) => parseTags(text).has('p'))
  const found = (keys.length > 0 ? keys : answer.texts).join('\n') || null
  const problem = problemOf(keys, found !== null)
  return { state: problem ? 'fail' : 'pass', name, found, problem, publish: null }
}

function problemOf([key, ...others]: string[], anything: boolean): string | null {
  if (key === undefined)
    return anything
      ? 'What stands there is no DKIM key.'
      : 'There is no DKIM key. Without one Google signs as gappssmtp.com, which does not count for this domain.'
  if (others.length > 0) return 'Several keys stand there: receivers may take the wrong one. Keep one.'
  const tags = parseTags(key)
  if (tags.has('v') && tags.get('v') !== 'DKIM1') return `Its version is “${tags.get('v')}”, not DKIM1.`
  return problemOfKey(tags.get('k') ?? 'rsa', tags.get('p') ?? '')
}

function problemOfKey(kind: string, base64: string): string | null {
  if (base64 === '') return 'The key is revoked: its p= is empty.'
  if (kind !== 'rsa' && kind !== 'ed25519') return `Receivers don’t know a key of the kind “${kind}”.`
  const key = decoded(base64)
  if (!key) return 'The key is damaged: its p= is not base64.'
  // https://www.rfc-editor.org/rfc/rfc8463#section-4.2
  if (kind === 'ed25519') return key.length === 32 ? null : 'The key is damaged: it should have 32 bytes.'
  if (key.length !== lengthOfDer(key)) return 'The key is cut off or damaged: publish all of it.'
  // The shortest form of 1024 bits; receivers refuse shorter keys: https://www.rfc-editor.org/rfc/rfc8301#section-3.2
  return key.length < 140 ? 'The key is shorter than 1024 bits: receivers refuse it.' : null
}

function decoded(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

/** How many bytes an RSA key should have, by its own first ones (a DER sequence). */
function lengthOfDer([tag, length = 0, high = 0, low = 0]: Uint8Array): number | null {
  if (tag !== 0x30) return null
  if (length < 0x80) return 2 + length
  return length === 0x81 ? 3 + high : length === 0x82 ? 4 + high * 256 + low : null
}

/** https://support.google.com/a/answer/180504: the key is Google's to make. */
const adviceFor = (domain: string, selector: string) =>
  `In the Google Admin console, under Apps → Google Workspace → Gmail → Authenticate email: choose ${domain}, ` +
  `generate a new record with the prefix “${selector}”, publish the TXT record that is shown, then press Start authentication.`
