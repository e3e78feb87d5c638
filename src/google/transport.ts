import http from 'node:http'
import https from 'node:https'
import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1.js'

/** Google closes connections that were idle for four minutes; a request on one that is just being closed fails. */
const IDLE_MS = 60_000
/** Gmail takes mails of up to 25 MB, which are a third longer in its answers. */
const MOST_CHARACTERS = 50_000_000

/** What Google's client does its asking with, where it is given one. */
type Ask = NonNullable<gmail_v1.Options['adapter']>
type Asked = Parameters<Ask>[0]

/** As much of a `Response` as is looked at: to build a whole one costs as much as all the rest. */
export type Answered = {
  /** Null where no answer came. */
  status: number | null
  statusText: string
  headers: { 'retry-after'?: string }
  /** What its JSON says, else its text. */
  data: unknown
}
export type Transport = { ask: Ask; close(): void }

/**
 * What Google's client asks by, in the place of `fetch`: Node's HTTP client over connections that are kept. gaxios would
 * use node-fetch, and for its timeouts signals whose timers run on after the answer: a messages.get costs 0.30 to 0.57 ms
 * of CPU, with this 0.09.
 * @param timeoutMs longest wait for a whole answer, in real milliseconds
 */
export function createTransport(timeoutMs: number): Transport {
  const options = { keepAlive: true, timeout: IDLE_MS }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }

  const ask = (config: Asked) =>
    new Promise<Answered>((resolve, reject) => {
      const { url, method = 'GET', signal, body } = config
      const headers = Object.fromEntries(config.headers)
      // Answers are small: unpacking them costs more than it saves.
      delete headers['accept-encoding']
      const { request } = url.protocol === 'https:' ? https : http
      const agent = (config.agent as http.Agent | undefined) ?? agents[url.protocol as keyof typeof agents]
      const { protocol, hostname, port, pathname, search } = url

      const asked = request({ protocol, hostname, port, path: pathname + search, method, headers, agent })
      const abort = () => asked.destroy(signal?.reason)
      const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      const settled = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const fail = (error: Error) => {
        settled()
        reject(error)
      }
      signal?.addEventListener('abort', abort)
      if (signal?.aborted) abort()
      asked.on('error', fail)
      asked.on('response', (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => {
          text += part
          if (text.length > MOST_CHARACTERS)
            asked.destroy(new Error(`an answer of more than ${MOST_CHARACTERS} characters`))
        })
        answer.on('error', fail)
        answer.on('end', () => {
          settled()
          resolve(answeredBy(answer, text))
        })
      })
      asked.end(body)
    })

  return {
    ask: ask as unknown as Ask,
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function answeredBy({ statusCode, statusMessage, headers }: http.IncomingMessage, text: string): Answered {
  const retryAfter = headers['retry-after']
  return {
    status: statusCode ?? null,
    statusText: statusMessage ?? '',
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    data: dataOf(text),
  }
}

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
