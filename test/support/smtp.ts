import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export type SmtpServer = AsyncDisposable & {
  url: string
  /** Whole messages, headers and all. */
  mails: { recipients: string[]; raw: string }[]
  /** Refuses all recipients, none, or one of them from now on. */
  refuse(whom: boolean | string): void
  /** From now on its answer to a recipient never ends, and is never silent. */
  drip(): void
  /** How many are open. */
  connections(): number
}

/** A mail server that keeps what it is sent: as much of SMTP (RFC 5321) as a client needs to hand over a mail. */
export async function openSmtpServer(): Promise<SmtpServer> {
  const mails: SmtpServer['mails'] = []
  const sockets = new Set<Socket>()
  let refused: boolean | string = false
  let drips = false

  const server = createServer(async (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    const say = (line: string) => void socket.write(`${line}\r\n`)
    let recipients: string[] = []
    let lines: string[] | null = null
    say('220 mail.test')
    for await (const line of createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (lines) {
        if (line !== '.') {
          lines.push(line.replace(/^\./, ''))
          continue
        }
        mails.push({ recipients, raw: lines.join('\r\n') })
        lines = null
        say('250 taken')
      } else if (/^RCPT TO:/i.test(line)) {
        const recipient = line.match(/<(.*)>/)?.[1] ?? ''
        if (drips) {
          const drop = setInterval(() => say('250-wait'), 20)
          socket.on('close', () => clearInterval(drop))
        } else if (refused === true || refused === recipient) say('451 try again later')
        else {
          recipients.push(recipient)
          say('250 ok')
        }
      } else if (/^DATA/i.test(line)) {
        lines = []
        say('354 go on')
      } else if (/^QUIT/i.test(line)) {
        say('221 bye')
        socket.end()
      } else {
        if (/^MAIL/i.test(line)) recipients = []
        say('250 ok')
      }
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    refuse(whom) {
      refused = whom
    },
    drip() {
      drips = true
    },
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
