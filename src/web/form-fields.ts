import { z } from 'zod'

/** Text that was sent, once. */
export const text = z.string({
  error: ({ input }) => (input === undefined ? 'This field is missing.' : 'This field was sent twice.'),
})

export const line = (longest: number) =>
  text
    .trim()
    .refine((value) => value.length <= longest, `At most ${longest} characters.`)
    .refine((value) => !/[\p{Cc}\p{Cf}]/u.test(value), 'Enter one line of plain text.')

/** A browser sends a box only where it is ticked. */
export const box = z
  .unknown()
  .optional()
  .transform((value) => value !== undefined && value !== '')

export const TICKED = 'yes'

/** What was sent, to be shown again: of a field that was sent more than once, the first. */
export function asTyped(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}

export function wholeNumber({ low, high }: { low: number; high: number }, kind = 'whole number') {
  const message = `Enter a ${kind} from ${low} to ${high}.`
  return text
    .trim()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((number) => number >= low && number <= high, message)
}

/** A whole percentage, as 0–1. */
export const percent = (range: { low: number; high: number }) =>
  wholeNumber(range, 'whole percentage').transform((number) => number / 100)

/** A list in one field, its parts on lines of their own or after commas; `tidy` throws what is wrong with it. */
export function list(tidy: (parts: string[]) => string[]) {
  return text.transform((value, context) => {
    const parts = value.split(/[,;\n]/).map((part) => part.trim())
    try {
      return tidy(parts.filter((part) => part !== ''))
    } catch (error) {
      context.addIssue({ code: 'custom', message: sentenceOf(error as RangeError) })
      return z.NEVER
    }
  })
}

export function percentText(share: number): string {
  return String(Math.round(share * 100))
}

/** What a rule of the domain says is wrong, as it stands on its own. */
export function sentenceOf({ message }: RangeError): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
}
