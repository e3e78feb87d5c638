import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inquireDkim } from '../../src/domain/dkim.ts'
import { inquireDmarc } from '../../src/domain/dmarc.ts'
import {
  failsAuthentication,
  type Inquiry,
  isGoogles,
  type RecordFinding,
  type RecordState,
} from '../../src/domain/sender-authentication.ts'
import { inquireSpf } from '../../src/domain/spf.ts'

/** Names with their texts; null: nobody could tell. */
type Records = Record<string, string[] | null>

function answer(inquiry: Inquiry, records: Records): { finding: RecordFinding; asked: string[] } {
  const asked: string[] = []
  let step = inquiry.next()
  while (!step.done) {
    asked.push(step.value)
    const texts = records[step.value] === undefined ? [] : records[step.value]
    step = inquiry.next(texts ? { texts } : { failure: 'no answer' })
  }
  return { finding: step.value, asked }
}

describe('SPF', () => {
  const google: Records = {
    '_spf.google.com': ['v=spf1 include:_netblocks.google.com include:_netblocks2.google.com ~all'],
    '_netblocks.google.com': ['v=spf1 ip4:74.125.0.0/16 ~all'],
    '_netblocks2.google.com': ['v=spf1 ip6:2001:4860:4864::/56 ~all'],
  }
  const others: Records = {
    'reseller.example': ['v=spf1 ip4:192.0.2.1 +include:_spf.google.com -all'],
    'other.example': ['v=spf1 mx ip4:192.0.2.1 -all'],
    'anyone.example': ['v=spf1 +all'],
    'neutral.example': ['v=spf1 include:_spf.google.com ?all'],
    'twice.example': ['v=spf1 -all', 'v=spf1 mx -all'],
    'loop.example': ['v=spf1 include:loop.example -all'],
    'lost.example': null,
    'slip.example': ['v=spf1 ipv4:192.0.2.1 -all'],
  }
  const judge = (texts: string[] | null) =>
    answer(inquireSpf('example.com'), { ...google, ...others, 'example.com': texts }).finding
  const eight = 'a mx ptr a:a.example mx:b.example a:c.example/24 mx:d.example a:e.example'

  test.each<[record: string, state: RecordState, problem: RegExp | null]>([
    ['v=spf1 include:_spf.google.com ~all', 'pass', null],
    ['v=spf1 include:_spf.google.com -all', 'pass', null],
    ['V=SPF1 +INCLUDE:_SPF.Google.com. ~ALL', 'pass', null],
    ['v=spf1  ip4:192.0.2.0/24 ip6:2001:db8::/32 mx/24//64   include:_spf.google.com ~all', 'pass', null],
    ['v=spf1 include:reseller.example ~all', 'pass', null],
    ['v=spf1 include:other.example include:_spf.google.com ~all', 'pass', null],
    ['v=spf1 redirect=_spf.google.com', 'pass', null],
    ['v=spf1 redirect=reseller.example', 'pass', null],
    ['v=spf1 exp=why.example include:_spf.google.com unheard=of ~all', 'pass', null],
    ['v=spf1 include:_spf.google.com ?all', 'pass', /neutral/],
    ['v=spf1 include:_spf.google.com', 'pass', /neutral/],
    ['v=spf1 redirect=neutral.example', 'pass', /neutral/],
    ['v=spf1 include:neutral.example -all', 'pass', null],
    ['v=spf1 include:_spf.google.com +all', 'fail', /anyone/],
    ['v=spf1 include:_spf.google.com all', 'fail', /anyone/],
    ['v=spf1 +all', 'fail', /anyone/],
    ['v=spf1 redirect=anyone.example', 'fail', /anyone/],
    ['v=spf1 include:anyone.example -all', 'fail', /anyone/],
    ['v=spf1', 'fail', /does not name Google/],
    ['v=spf1 mx -all', 'fail', /does not name Google/],
    ['v=spf1 include:other.example -all', 'fail', /does not name Google/],
    ['v=spf1 redirect=other.example', 'fail', /does not name Google/],
    ['v=spf1 -all include:_spf.google.com', 'fail', /does not name Google/],
    ['v=spf1 -all redirect=_spf.google.com', 'fail', /does not name Google/],
    ['v=spf1 ?include:_spf.google.com -all', 'fail', /does not name Google/],
    ['v=spf1 -include:reseller.example ~all', 'fail', /does not name Google/],
    ['v=spf1 include=_spf.google.com ~all', 'fail', /does not name Google/],
    ['v=spf1 include:_spf.google.com ipv4:192.0.2.1 ~all', 'fail', /“ipv4:192.0.2.1” is no SPF/],
    ['v=spf1 include: _spf.google.com ~all', 'fail', /“include:” is no SPF/],
    ['v=spf1 ip4:mail.example include:_spf.google.com ~all', 'fail', /“ip4:mail.example” is no SPF/],
    ['v=spf1 redirect=a.example redirect=b.example', 'fail', /“redirect=b.example” is no SPF/],
    ['v=spf1 include:slip.example include:_spf.google.com -all', 'fail', /“ipv4:192.0.2.1” is no SPF/],
    [
      'v=spf1 include:no.example include:_spf.google.com -all',
      'fail',
      /“include:no.example” leads to no SPF/,
    ],
    [
      'v=spf1 include:twice.example include:_spf.google.com -all',
      'fail',
      /“include:twice.example” leads to several/,
    ],
    ['v=spf1 include:loop.example -all', 'fail', /more than 10 look-ups/],
    [`v=spf1 ${eight.replace('ptr ', '')} include:_spf.google.com -all`, 'pass', null],
    [`v=spf1 ${eight} include:_spf.google.com -all`, 'fail', /more than 10 look-ups/],
    [`v=spf1 include:_spf.google.com ${eight} include:other.example -all`, 'pass', null],
    [`v=spf1 ${eight.replace('ptr ', '')} redirect=_spf.google.com`, 'pass', null],
    [`v=spf1 ${eight} redirect=_spf.google.com`, 'fail', /more than 10 look-ups/],
    ['v=spf1 include:lost.example -all', 'unknown', /lost.example: no answer/],
    ['v=spf1 include:lost.example redirect=other.example', 'unknown', /lost.example: no answer/],
    ['v=spf1 include:lost.example include:_spf.google.com -all', 'pass', null],
    ['v=spf1 include:%{i}.spf.example -all', 'unknown', /decided for each mail/],
    ['v=spf1 exists:%{i}.spf.example include:_spf.google.com -all', 'pass', null],
  ])('%s: %s', (record, state, problem) => {
    const finding = judge([record])
    expect(finding).toMatchObject({ state, name: 'example.com', found: record })
    if (problem) expect(finding.problem).toMatch(problem)
    else expect(finding.problem).toBeNull()
  })

  test('there is exactly one record, among whatever else stands there', () => {
    expect(judge(['v=spf10 mx', 'spf', 'v=spf1 include:_spf.google.com ~all']).state).toBe('pass')
    expect(judge(['hello'])).toMatchObject({ state: 'fail', found: null, problem: 'There is no SPF record.' })
    expect(judge(['v=spf1 mx include:_spf.google.com ~all', 'v=spf1 include:other.example mx -all'])).toEqual(
      {
        state: 'fail',
        name: 'example.com',
        found: 'v=spf1 mx include:_spf.google.com ~all\nv=spf1 include:other.example mx -all',
        problem: 'There are 2 SPF records, which receivers take for an error: keep one.',
        publish: 'v=spf1 include:_spf.google.com mx include:other.example -all',
      },
    )
    expect(judge(null)).toMatchObject({ state: 'unknown', publish: null })
  })

  test.each([
    ['v=spf1 mx ?all', 'v=spf1 include:_spf.google.com mx ~all'],
    ['v=spf1 mx -all', 'v=spf1 include:_spf.google.com mx -all'],
    ['v=spf1 redirect=other.example', 'v=spf1 include:_spf.google.com redirect=other.example'],
    ['v=spf1 ipv4:192.0.2.1 mx', 'v=spf1 include:_spf.google.com mx ~all'],
  ])('%s: publish %s', (record, publish) => expect(judge([record]).publish).toBe(publish))

  test('whatever stands there, what is to be published in its place passes, and nothing is wrong with it', () => {
    const term = fc.oneof(
      fc.constantFrom(
        'mx',
        'a',
        '~mx',
        'all',
        '+all',
        '-all',
        '?all',
        'exp=x',
        'redirect=',
        'ipv4:1',
        'exists:%{i}.x',
      ),
      fc
        .tuple(
          fc.constantFrom('include:', '?include:', 'redirect='),
          fc.constantFrom(...Object.keys({ ...google, ...others })),
        )
        .map((parts) => parts.join('')),
    )
    const record = fc.array(term, { maxLength: 14 }).map((terms) => ['v=spf1', ...terms].join(' '))
    fc.assert(
      fc.property(fc.array(record, { maxLength: 3 }), (texts) => {
        const { publish } = judge(texts)
        if (publish) expect(judge([publish])).toMatchObject({ state: 'pass', problem: null })
      }),
    )
  })

  test('a record that leads in a circle is not followed for ever', () => {
    const { asked } = answer(inquireSpf('loop.example'), others)
    expect(asked).toHaveLength(11)
  })
})

describe('DKIM', () => {
  const rsa = (modulusLength: number) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength })
    return publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  }
  const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''
  const whole = rsa(2048)
  const judge = (texts: string[] | null) =>
    answer(inquireDkim('example.com', ['google']), { 'google._domainkey.example.com': texts }).finding

  test.each<[what: string, record: string, problem: string | null]>([
    ['a key of 2048 bits', `v=DKIM1; k=rsa; p=${whole}`, null],
    ['one of 1024 bits', `v=DKIM1; k=rsa; p=${rsa(1024)}`, null],
    ['one without version and kind', `p=${whole}`, null],
    ['one with spaces inside', `v = DKIM1 ;k= rsa; p=${whole.slice(0, 50)} ${whole.slice(50)};`, null],
    ['one on a curve', `v=DKIM1; k=ed25519; p=${Buffer.from(ed25519, 'base64url').toString('base64')}`, null],
    ['a revoked one', 'v=DKIM1; k=rsa; p=', 'The key is revoked: its p= is empty.'],
    [
      'one that was cut off',
      `v=DKIM1; p=${whole.slice(0, 240)}`,
      'The key is cut off or damaged: publish all of it.',
    ],
    ['half a curve', `v=DKIM1; k=ed25519; p=${whole}`, 'The key is damaged: it should have 32 bytes.'],
    ['one that is no base64', 'v=DKIM1; p=“MII…”', 'The key is damaged: its p= is not base64.'],
    ['one of 512 bits', `v=DKIM1; p=${rsa(512)}`, 'The key is shorter than 1024 bits: receivers refuse it.'],
    ['another version', `v=DKIM2; p=${whole}`, 'Its version is “DKIM2”, not DKIM1.'],
    ['another kind', `k=dsa; p=${whole}`, 'Receivers don’t know a key of the kind “dsa”.'],
    ['something else', 'v=spf1 -all', 'What stands there is no DKIM key.'],
  ])('%s', (_, record, problem) => {
    const state = problem ? 'fail' : 'pass'
    const expected = { state, name: 'google._domainkey.example.com', found: record, problem }
    const finding = judge([record])
    expect(finding).toMatchObject(expected)
    expect(finding.publish === null).toBe(problem === null)
  })

  test('what to do is done at Google, for this domain and this selector', () => {
    const { publish } = answer(inquireDkim('example.com', ['mail']), {}).finding
    expect(publish).toMatch(/Admin console.*choose example\.com.*prefix “mail”.*Start authentication/)
  })

  test('several keys under one name fail, other texts beside a key do not', () => {
    expect(judge([`p=${whole}`, `p=${rsa(1024)}`])).toMatchObject({ state: 'fail', problem: /Several keys/ })
    expect(judge(['v=spf1 -all', `p=${whole}`])).toMatchObject({ state: 'pass', found: `p=${whole}` })
  })

  test.each<[what: string, records: Records, state: RecordState, name: string]>([
    [
      'a valid key',
      { 'a._domainkey.example.com': ['p='], 'b._domainkey.example.com': [`p=${whole}`] },
      'pass',
      'b',
    ],
    [
      'what could not be asked for',
      { 'a._domainkey.example.com': ['p='], 'c._domainkey.example.com': null },
      'unknown',
      'c',
    ],
    ['a faulty key', { 'b._domainkey.example.com': ['p='] }, 'fail', 'b'],
    ['the first', {}, 'fail', 'a'],
  ])('of several selectors the answer is %s', (_, records, state, name) => {
    const { finding } = answer(inquireDkim('example.com', ['a', 'b', 'c']), records)
    expect(finding).toMatchObject({ state, name: `${name}._domainkey.example.com` })
  })

  test('without a selector it is the one that Google proposes', () => {
    expect(answer(inquireDkim('example.com', []), {}).asked).toEqual(['google._domainkey.example.com'])
  })
})

describe('DMARC', () => {
  const judge = (records: Records, domain = 'mail.example.co.uk') => answer(inquireDmarc(domain), records)

  test.each<[record: string, problem: RegExp | null, publish: string | null]>([
    ['v=DMARC1; p=none', null, null],
    ['v=DMARC1;p=quarantine;', null, null],
    ['v = DMARC1 ; P=Reject; rua=mailto:d@example.com', null, null],
    ['v=DMARC1; rua=mailto:d@example.com; p=none', null, null],
    ['v=DMARC1', /p= has to be/, 'v=DMARC1; p=none'],
    [
      'v=DMARC1; p=block; rua=mailto:d@example.com',
      /p= has to be/,
      'v=DMARC1; p=none; rua=mailto:d@example.com',
    ],
    ['p=reject; v=DMARC1', /does not begin with v=DMARC1/, 'v=DMARC1; p=reject'],
    ['v=dmarc1; p=none', /does not begin with v=DMARC1/, 'v=DMARC1; p=none'],
    ['v=DMARC10; p=none', /does not begin with v=DMARC1/, 'v=DMARC1; p=none'],
  ])('%s', (record, problem, publish) => {
    const { finding } = judge({ '_dmarc.mail.example.co.uk': [record] })
    expect(finding).toMatchObject({
      state: problem ? 'fail' : 'pass',
      name: '_dmarc.mail.example.co.uk',
      found: record,
      publish,
    })
    if (problem) expect(finding.problem).toMatch(problem)
    else expect(finding.problem).toBeNull()
  })

  test('two records are none; one with a policy is to be kept', () => {
    const texts = ['v=DMARC1', 'other', 'v=DMARC1; p=reject']
    expect(judge({ '_dmarc.mail.example.co.uk': texts }).finding).toMatchObject({
      state: 'fail',
      found: 'v=DMARC1\nv=DMARC1; p=reject',
      problem: 'There are 2 DMARC records, so receivers apply none: keep one.',
      publish: 'v=DMARC1; p=reject',
    })
  })

  test('two records with a policy each are none either', () => {
    const texts = ['v=DMARC1; p=none', 'v=DMARC1; p=reject']
    expect(judge({ '_dmarc.mail.example.co.uk': texts }).finding.state).toBe('fail')
  })

  test('no record of its own: the one that stands highest above it', () => {
    const { finding, asked } = judge({
      '_dmarc.example.co.uk': ['v=DMARC1; p=reject'],
      '_dmarc.co.uk': ['hello'],
    })
    expect(finding).toMatchObject({
      state: 'pass',
      name: '_dmarc.example.co.uk',
      found: 'v=DMARC1; p=reject',
    })
    expect(asked).toEqual(['_dmarc.mail.example.co.uk', '_dmarc.example.co.uk', '_dmarc.co.uk', '_dmarc.uk'])
    const both = { '_dmarc.b.example': ['v=DMARC1; p=none'], '_dmarc.example': ['v=DMARC1; p=reject'] }
    expect(judge(both, 'a.b.example').finding.name).toBe('_dmarc.example')
  })

  test('psd=n says that the organisation ends there', () => {
    const records = {
      '_dmarc.b.example': ['v=DMARC1; p=none; psd=n'],
      '_dmarc.example': ['v=DMARC1; p=reject'],
    }
    expect(judge(records, 'a.b.example').finding.name).toBe('_dmarc.b.example')
  })

  test('its own record asks nobody above', () => {
    expect(judge({ '_dmarc.mail.example.co.uk': ['v=DMARC1; p=none'] }).asked).toHaveLength(1)
  })

  test('of a name with many labels, the last seven are walked', () => {
    const { asked, finding } = judge({}, 'a.b.c.d.e.f.g.h.i.example')
    expect(asked.slice(0, 2)).toEqual(['_dmarc.a.b.c.d.e.f.g.h.i.example', '_dmarc.d.e.f.g.h.i.example'])
    expect(asked).toHaveLength(8)
    expect(finding).toMatchObject({
      state: 'fail',
      name: '_dmarc.a.b.c.d.e.f.g.h.i.example',
      found: null,
      problem: 'There is no DMARC record, neither here nor for a domain above.',
      publish: 'v=DMARC1; p=none',
    })
  })

  test('who can’t ask does not blame the domain, unless an answer was found before', () => {
    expect(judge({ '_dmarc.mail.example.co.uk': null }).finding.state).toBe('unknown')
    expect(judge({ '_dmarc.example.co.uk': null }).finding.state).toBe('unknown')
    const found = { '_dmarc.example.co.uk': ['v=DMARC1; p=none'], '_dmarc.co.uk': null }
    expect(judge(found).finding.state).toBe('pass')
  })
})

test('a domain fails with any of its records, and not with one that nobody could look up', () => {
  const finding = (state: RecordState) => ({ state, name: '', found: null, problem: null, publish: null })
  const fails = (...[spf, dkim, dmarc]: [RecordState, RecordState, RecordState]) =>
    failsAuthentication({ spf: finding(spf), dkim: finding(dkim), dmarc: finding(dmarc) })
  expect(fails('pass', 'pass', 'pass')).toBe(false)
  expect(fails('pass', 'unknown', 'unknown')).toBe(false)
  expect(fails('fail', 'pass', 'pass')).toBe(true)
  expect(fails('pass', 'fail', 'unknown')).toBe(true)
  expect(fails('unknown', 'pass', 'fail')).toBe(true)
})

test('gmail.com and googlemail.com are Google’s own, a Workspace’s domain is not', () => {
  expect(['gmail.com', 'GoogleMail.com', 'example.com', 'mail.gmail.com'].map(isGoogles)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
