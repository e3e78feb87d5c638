import { z } from 'zod'

// The message of each schema is what was expected: the caller reads it beside what was sent.

/** A whole number in the address, where everything is text. */
export function numberInAddress(low: number, high: number) {
  return z.preprocess(
    (text) => (typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : text),
    wholeNumber(low, high),
  )
}

export function wholeNumber(low: number, high: number) {
  const expected = `a whole number from ${low} to ${high}`
  return z.int(expected).min(low, expected).max(high, expected)
}

export function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, `one of ${values.join(', ')}`)
}

/** RFC 6749, appendix A: what clients and tokens are made of. */
export function credential() {
  const expected = 'text of 1 to 4096 printable ASCII characters'
  return z
    .string(expected)
    .max(4096, expected)
    .regex(/^[\x20-\x7e]+$/, expected)
}

export const emailAddress = z.email('an email address').max(320, 'an email address')

/** Postgres knows no text with a NUL in it. */
export const partOfAddress = z
  .string('a part of an address')
  .max(320, 'a part of an address of at most 320 characters')
  .regex(/^[^\s\0]+$/, 'a part of an address')

export const searchedText = z
  .string('text to look for')
  .min(1, 'text to look for')
  .max(320, 'text of at most 320 characters')
  .regex(/^[^\0]*$/, 'text to look for')

const sinceExpected = 'a time from 1970 on, such as 2026-11-20T09:30:00Z'
const LATEST = Date.UTC(9999, 11, 31)

/** Of what Postgres and JavaScript both know as a time. */
export const timeInAddress = z.iso
  .datetime({ offset: true, error: sinceExpected })
  .refine((time) => Date.parse(time) >= 0 && Date.parse(time) <= LATEST, sinceExpected)
  .transform((time) => new Date(time))
  .meta({ examples: ['2026-11-20T09:30:00Z'] })

/** An account's numeric id, or its address. */
export const accountReference = z
  .string()
  .max(320, 'an account’s id or its email address')
  .regex(/^([1-9]\d{0,14}|[^\s@\0]+@[^\s@\0]+)$/, 'an account’s id or its email address')
  .meta({ description: 'The account’s id, or its email address.', examples: ['anna@example.com'] })

const PREFIX = 'https://www.googleapis.com/auth/'
const SCOPE =
  /^(openid|profile|email|https:\/\/mail\.google\.com\/|(https:\/\/www\.googleapis\.com\/auth\/)?[A-Za-z0-9._-]{1,100})$/
const IDENTITY = ['openid', 'profile', 'email']
const scopeExpected = `openid, profile, email, ${PREFIX}<name>, https://mail.google.com/, or the name alone, such as calendar.readonly`

/** A scope of Google's, in full. https://developers.google.com/identity/protocols/oauth2/scopes */
export const googleScope = z
  .string(scopeExpected)
  .regex(SCOPE, scopeExpected)
  .transform((scope) => (IDENTITY.includes(scope) || scope.startsWith('https://') ? scope : PREFIX + scope))
  .meta({ examples: ['calendar.readonly'] })
