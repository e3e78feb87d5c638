import { invalidArgument } from '../http/google-error.ts'
import { rfcMessageIdOf } from '../mail/reading.ts'
import type { Mailbox, Message } from '../state/shapes.ts'
import { ageIn, momentIn } from './dates.ts'
import { asWords, searchable } from './words.ts'

export type Test = (message: Message) => boolean

export type SearchContext = { mailbox: Mailbox; now: Date }

const has =
  (label: string): Test =>
  (message) =>
    message.labels.includes(label)

const never: Test = () => false

const PLACES: Record<string, Test> = {
  anywhere: () => true,
  inbox: has('INBOX'),
  spam: has('SPAM'),
  trash: has('TRASH'),
  sent: has('SENT'),
  draft: has('DRAFT'),
  drafts: has('DRAFT'),
  starred: has('STARRED'),
  important: has('IMPORTANT'),
  unread: has('UNREAD'),
}

const CONDITIONS: Record<string, Test> = {
  unread: has('UNREAD'),
  read: (message) => !message.labels.includes('UNREAD'),
  starred: has('STARRED'),
  important: has('IMPORTANT'),
}

const CATEGORIES: Record<string, Test> = {
  primary: (message) =>
    message.labels.includes('CATEGORY_PERSONAL') ||
    (message.labels.includes('INBOX') && !message.labels.some((label) => label.startsWith('CATEGORY_'))),
  promotions: has('CATEGORY_PROMOTIONS'),
  social: has('CATEGORY_SOCIAL'),
  updates: has('CATEGORY_UPDATES'),
  forums: has('CATEGORY_FORUMS'),
}

type Operator = (value: string, context: SearchContext, name: string) => Test

const OPERATORS: Record<string, Operator> = {
  from: inField('from'),
  to: inField('to'),
  subject: inField('subject'),
  in: (value, context) => PLACES[value.toLowerCase()] ?? labelled(value, context),
  is: (value) => CONDITIONS[value.toLowerCase()] ?? refuse(`is:${value}`),
  label: labelled,
  category: (value) => CATEGORIES[value.toLowerCase()] ?? refuse(`category:${value}`),
  rfc822msgid: (value) => {
    const wanted = bracketed(value)
    return (message) => rfcMessageIdOf(message) === wanted
  },
  after: since,
  newer: since,
  before: until,
  older: until,
  newer_than: (value, { now }, name) => {
    const limit = now.getTime() - ageIn(name, value)
    return (message) => message.internalDate >= limit
  },
  older_than: (value, { now }, name) => {
    const limit = now.getTime() - ageIn(name, value)
    return (message) => message.internalDate < limit
  },
}

export function operatorTest(name: string, value: string, context: SearchContext): Test {
  const operator = OPERATORS[name]
  if (!operator || !Object.hasOwn(OPERATORS, name)) {
    throw invalidArgument(`Invalid query: unknown operator "${name}:"`)
  }
  return operator(value, context, name)
}

export function textTest(text: string): Test {
  const words = asWords(text)
  return (message) => searchable(message).everything.includes(words)
}

/** A Message-ID as a mail carries it; searching works with and without the angle brackets. */
export const bracketed = (id: string) => `<${id.replace(/^<|>$/g, '')}>`

function inField(field: 'from' | 'to' | 'subject'): Operator {
  return (value) => {
    const words = asWords(value)
    return (message) => searchable(message)[field].includes(words)
  }
}

function since(value: string, _: SearchContext, name: string): Test {
  const moment = momentIn(name, value)
  return (message) => message.internalDate >= moment
}

function until(value: string, _: SearchContext, name: string): Test {
  const moment = momentIn(name, value)
  return (message) => message.internalDate < moment
}

/** By name, in which spaces and slashes may stand as dashes. A label that does not exist is on no mail. */
function labelled(value: string, { mailbox }: SearchContext): Test {
  const wanted = dashed(value)
  const system = { ...PLACES, ...CONDITIONS }[wanted]
  if (system) return system
  const label = [...mailbox.labels.values()].find(({ name }) => dashed(name) === wanted)
  return label ? has(label.id) : never
}

const dashed = (name: string) => name.toLowerCase().replace(/[\s/]/g, '-')

function refuse(what: string): never {
  throw invalidArgument(`Invalid query: "${what}" is not known`)
}
