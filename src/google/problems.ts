import { GoogleError } from '../domain/errors.ts'
import { ANSWERS, type AnswerLine, type AnswerStatus, type Endpoint, type Pause } from './answers.ts'

/** What Google answered; `status` is null where no answer came, and `message` is for an answer without words of its own. */
export type Answer = { status: number | null; body: unknown; retryAfter: string | null; message: string }

const PAUSE_MS: Record<Pause, number> = {
  'five minutes': 5 * 60_000,
  'an hour': 3_600_000,
  'a day': 24 * 3_600_000,
}

/** What a body in Google's own form says: its codes, the most telling first, and its words, if it has any. */
type Said = { codes: string[]; words: string | null }

/** Reads an answer by the table: null where what was asked is done. The body of a success is the caller's to read. */
export function readAnswer(of: Endpoint, answer: Answer, now: Date): GoogleError | null {
  const said = (of === 'gmail' ? null : saidByOAuth(answer.body)) ?? saidByApi(answer.body, of)
  const text = textOf(of, answer, said)
  return errorOf(lineFor(of, statusOf(answer), said, text), answer, text, now)
}

/** A success whose body does not hold what was asked for, or an answer that is cut off: nobody can tell what was done. */
export function unreadable(message: string): GoogleError {
  return new GoogleError('passing', message, { mayBeDone: true })
}

function lineFor(of: Endpoint, status: AnswerStatus[], said: Said | null, text: string): AnswerLine {
  const fits = (line: AnswerLine) =>
    line.of.includes(of) &&
    status.includes(line.status) &&
    (line.inAnyForm || said !== null) &&
    (!line.codes || line.codes.some((code) => said?.codes.includes(code))) &&
    (!line.says || line.says.test(text))
  const line = ANSWERS.find(fits)
  if (!line) throw new Error(`no line of the table fits ${of} ${status}`)
  return line
}

/** What the table may call a status, the number first. An unknown kind of status tells as little as no answer. */
function statusOf({ status }: Answer): AnswerStatus[] {
  if (status === null) return ['none']
  const hundred = ({ 2: '2xx', 3: '3xx', 4: '4xx', 5: '5xx' } as const)[Math.floor(status / 100)]
  return [status, hundred ?? 'none']
}

function errorOf(line: AnswerLine, answer: Answer, text: string, now: Date): GoogleError | null {
  if (!line.problem) return null
  return new GoogleError(line.problem, text, {
    retryAt: retryTime(line, answer, text, now),
    grantFailure: line.failure ?? null,
    mayBeDone: line.meaning === 'unknown',
  })
}

function textOf(of: Endpoint, { status, message }: Answer, said: Said | null): string {
  if (of === 'gmail') {
    const code = said?.codes[0]
    return `${said?.words ?? message}${status === null ? '' : ` (${status}${code ? ` ${code}` : ''})`}`
  }
  return said ? [said.codes[0], said.words].filter((part) => part).join(': ') : message
}

/** https://cloud.google.com/apis/design/errors#http_mapping, and the older list of `errors` that Gmail adds. */
function saidByApi(body: unknown, of: Endpoint): Said | null {
  const error = fieldsOf(fieldsOf(body)?.error)
  if (!error || (of !== 'gmail' && of !== 'userinfo')) return null
  const reasons = [error.errors, error.details].flatMap((list) =>
    Array.isArray(list) ? list.map((item) => fieldsOf(item)?.reason) : [],
  )
  const codes = [...reasons, error.status].filter((code) => typeof code === 'string')
  return { codes, words: typeof error.message === 'string' ? error.message : null }
}

/** RFC 6749, 5.2, and the `error_subtype` that Google adds. */
function saidByOAuth(body: unknown): Said | null {
  const fields = fieldsOf(body)
  const text = (name: string) => (typeof fields?.[name] === 'string' ? fields[name] : '')
  const code = text('error')
  if (code === '') return null
  const words = [text('error_description'), text('error_subtype')].filter((part) => part !== '')
  return { codes: [code], words: words.join(': ') || null }
}

function fieldsOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
}

/**
 * When it is worth asking again: the time that the answer names, in Retry-After as seconds or a date (RFC 9110, 10.2.3) or,
 * as Gmail does, in its words; else after the pause of its line. Never more than a day ahead, whatever the answer says.
 */
function retryTime({ pause }: AnswerLine, { retryAfter }: Answer, text: string, now: Date): Date | null {
  const latest = now.getTime() + PAUSE_MS['a day']
  const named = namedTime(retryAfter, text, now)
  if (named !== null && named > now.getTime()) return new Date(Math.min(named, latest))
  return pause ? new Date(now.getTime() + PAUSE_MS[pause]) : null
}

function namedTime(retryAfter: string | null, text: string, now: Date): number | null {
  if (retryAfter !== null && /^\d+$/.test(retryAfter)) return now.getTime() + Number(retryAfter) * 1000
  const named = retryAfter ?? text.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/)?.[0]
  const at = named ? new Date(named).getTime() : Number.NaN
  return Number.isNaN(at) ? null : at
}
