/** https://support.google.com/a/answer/33786 */
const GOOGLES_RECORD = '_spf.google.com'

export type SpfQualifier = '+' | '-' | '~' | '?'
/** A mechanism as in `include:example.com`; `redirect`; or `other`: a modifier that says nothing of who may send. */
export type SpfTerm = { text: string; name: string; value: string; qualifier: SpfQualifier }
export type SpfRecord = { terms: SpfTerm[]; malformed: string[] }

/** What follows a mechanism's name: https://www.rfc-editor.org/rfc/rfc7208#section-12 */
const HOST = /^(:[^\s/]\S*?)?(\/\d{1,2})?(\/\/\d{1,3})?$/
const MECHANISMS: Record<string, RegExp> = {
  all: /^$/,
  include: /^:\S+$/,
  exists: /^:\S+$/,
  a: HOST,
  mx: HOST,
  ptr: /^(:\S+)?$/,
  ip4: /^:\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/,
  ip6: /^:[\da-f]*:[\da-f:.]*(\/\d{1,3})?$/,
}

/** The SPF records among all that a domain says in TXT records. */
export function spfRecordsAmong(texts: string[]): string[] {
  return texts.filter((text) => /^v=spf1( |$)/i.test(text))
}

export function parseSpf(text: string): SpfRecord {
  const record: SpfRecord = { terms: [], malformed: [] }
  for (const word of text.split(' ').slice(1).filter(Boolean)) {
    const term = parseTerm(word)
    const again = term?.name === 'redirect' && record.terms.some(({ name }) => name === 'redirect')
    if (term && !again) record.terms.push(term)
    else record.malformed.push(word)
  }
  return record
}

function parseTerm(text: string): SpfTerm | null {
  const [, modifier, target] = text.match(/^([a-z][\w.-]*)=(.*)$/i) ?? []
  if (modifier !== undefined && target !== undefined) {
    const name = modifier.toLowerCase() === 'redirect' ? 'redirect' : 'other'
    return name === 'redirect' && !target ? null : { text, name, value: hostOf(target), qualifier: '+' }
  }
  const [, sign, mechanism = '', rest = ''] = text.toLowerCase().match(/^([-+~?]?)([a-z]+\d?)(.*)$/) ?? []
  if (!Object.hasOwn(MECHANISMS, mechanism) || !MECHANISMS[mechanism]?.test(rest)) return null
  return { text, name: mechanism, value: hostOf(rest.slice(1)), qualifier: (sign || '+') as SpfQualifier }
}

const hostOf = (value: string) => value.toLowerCase().replace(/\.$/, '')

/** Whether it leads to the SPF record of another domain. */
export const leadsOn = ({ name }: SpfTerm) => name === 'include' || name === 'redirect'

export const pointsToGoogle = (term: SpfTerm) => leadsOn(term) && term.value === GOOGLES_RECORD

/** Its mechanisms, then where it leads if none of them matches. */
export function inOrder(record: SpfRecord): SpfTerm[] {
  const mechanisms = record.terms.filter(({ name }) => Object.hasOwn(MECHANISMS, name))
  const redirect = record.terms.filter(({ name }) => name === 'redirect')
  return [...mechanisms, ...redirect]
}

/** What a record says of senders that it does not name; null where it leaves that to another one. */
export function endingOf({ terms }: SpfRecord): SpfQualifier | null {
  const all = terms.find(({ name }) => name === 'all')
  if (all) return all.qualifier
  // https://www.rfc-editor.org/rfc/rfc7208#section-4.7
  return terms.some(({ name }) => name === 'redirect') ? null : '?'
}

/**
 * One record in place of those that stand there. Google comes first: what follows can no longer keep its mail from
 * passing, neither by an error nor by look-ups.
 */
export function mendSpf(records: SpfRecord[]): string {
  const terms = records.flatMap((record) => record.terms)
  const all = terms.filter(({ name }) => name === 'all')
  const redirect = all.length === 0 && terms.find(({ name }) => name === 'redirect')
  const ending = redirect ? redirect.text : all.some(({ qualifier }) => qualifier === '-') ? '-all' : '~all'
  const others = terms.filter(
    (term) => term.name !== 'all' && term.name !== 'redirect' && !pointsToGoogle(term),
  )
  const words = ['v=spf1', `include:${GOOGLES_RECORD}`, ...others.map(({ text }) => text), ending]
  return [...new Set(words)].join(' ')
}
