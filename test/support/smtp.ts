import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export type SmtpServer = AsyncDisposable & {
  url: string
  /** Whole messages, headers and all. */
  mails: { recipients: string[]; raw: string }[]
  /** Refuses or takes what comes from now on. */
  refuse(on: boolean): void
}

/** A mail server that keeps what it is sent: as much of SMTP (RFC 5321) as a client needs to hand over a mail. */
export async function openSmtpServer(): Promise<SmtpServer> {
  const mails: SmtpServer['mails'] = []
  const sockets = new Set<Socket>()
  let refuses = false

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
        if (refuses) say('451 try again later')
        else {
          recipients.push(line.match(/<(.*)>/)?.[1] ?? '')
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
    refuse(on) {
      refuses = on
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
