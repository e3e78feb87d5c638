import http from 'node:http'
import https from 'node:https'

/** Google closes connections that were idle for four minutes; a request on one that is just being closed fails. */
const IDLE_MS = 60_000
const NO_CONTENT = 204
/** Gmail takes mails of up to 25 MB, which are a third longer in its answers. */
const MOST_CHARACTERS = 50_000_000
const READ_HEADERS = ['content-type', 'retry-after'] as const

export type Transport = { fetch: typeof fetch; close(): void }

/**
 * `fetch` for Google's client, by Node's HTTP client over connections that are kept. gaxios would use node-fetch, and for
 * its timeouts signals whose timers run on after the answer: a messages.get costs 0.30 to 0.57 ms of CPU, with this 0.11.
 * @param timeoutMs longest wait for a whole answer, in real milliseconds
 */
export function createTransport(timeoutMs: number): Transport {
  const options = { keepAlive: true, timeout: IDLE_MS }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }

  const fetchOverKeptConnections = (
    input: Parameters<typeof fetch>[0],
    init: RequestInit & { agent?: http.Agent } = {},
  ) =>
    new Promise<Response>((resolve, reject) => {
      const url = new URL(input as URL)
      const headers = Object.fromEntries(init.headers as Headers)
      // Answers are small: unpacking them costs more than it saves.
      delete headers['accept-encoding']
      const { request } = url.protocol === 'https:' ? https : http
      const agent = init.agent ?? agents[url.protocol as keyof typeof agents]
      const { method = 'GET', signal, body } = init

      const asked = request(url, { method, headers, agent })
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
          resolve(responseOf(answer, text))
        })
      })
      asked.end(body)
    })

  return {
    fetch: fetchOverKeptConnections,
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** With the headers that somebody looks at: to build the others costs more than all the rest. */
function responseOf({ statusCode = 0, statusMessage = '', headers }: http.IncomingMessage, text: string) {
  const read: Record<string, string> = {}
  for (const name of READ_HEADERS) if (headers[name] !== undefined) read[name] = String(headers[name])
  const body = statusCode === NO_CONTENT ? null : text
  return new Response(body, { status: statusCode, statusText: statusMessage, headers: read })
}
