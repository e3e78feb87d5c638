import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import {
  type Answer,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  streamDecode,
  streamEncode,
  TRUNCATED_RESPONSE,
} from 'dns-packet'

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 }
/** The texts of a name's TXT records; or the name it is an alias of; or how the server fails. */
export type DnsEntry = string[] | { alias: string } | 'SERVFAIL' | 'REFUSED' | 'silence'
/** A name that is not in it does not exist. */
export type DnsZone = Record<string, DnsEntry>
export type DnsServer = AsyncDisposable & {
  /** As `DNS_SERVERS` takes it. */
  address: string
  /** What it answers with; may be changed at any time. */
  zone: DnsZone
  asked: { name: string; over: 'udp' | 'tcp' }[]
}

/** What fits into a datagram without further ado (RFC 1035); a longer answer is cut off, to be asked for over TCP. */
const DATAGRAM_BYTES = 512
/** Of one string in a TXT record (RFC 1035). */
const CHUNK_BYTES = 255

/** A DNS server that answers for every domain there is, from a zone that is data. */
export async function openDnsServer(zone: DnsZone): Promise<DnsServer> {
  const asked: DnsServer['asked'] = []
  const sockets = new Set<Socket>()
  const tcp = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let received = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE()) return
      const reply = replyTo(streamDecode(received), 'tcp')
      received = received.subarray(2 + received.readUInt16BE())
      if (reply) socket.write(streamEncode(reply))
    })
  })
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo

  const udp = createSocket('udp4')
  udp.on('message', (bytes, from) => {
    const reply = replyTo(decode(bytes), 'udp')
    if (!reply) return
    const whole = encode(reply)
    const cut = { ...reply, flags: (reply.flags ?? 0) | TRUNCATED_RESPONSE, answers: [] }
    udp.send(whole.length > DATAGRAM_BYTES ? encode(cut) : whole, from.port, from.address)
  })
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')

  function replyTo({ id, questions = [] }: Packet, over: 'udp' | 'tcp'): Packet | null {
    const name = questions[0]?.name.toLowerCase() ?? ''
    asked.push({ name, over })
    const { entry, answers } = follow(name, server.zone)
    if (entry === 'silence') return null
    const rcode = typeof entry === 'string' ? RCODES[entry] : 0
    return {
      id,
      type: 'response',
      flags: RECURSION_DESIRED | RECURSION_AVAILABLE | rcode,
      questions,
      answers,
    }
  }

  const server: DnsServer = {
    address: `127.0.0.1:${port}`,
    zone,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      tcp.close()
      udp.close()
      await Promise.all([once(tcp, 'close'), once(udp, 'close')])
    },
  }
  return server
}

function follow(name: string, zone: DnsZone) {
  const answers: Answer[] = []
  let at = name
  let entry: DnsEntry | 'NXDOMAIN' = zone[at] ?? 'NXDOMAIN'
  while (typeof entry === 'object' && 'alias' in entry) {
    answers.push({ type: 'CNAME', name: at, data: entry.alias })
    at = entry.alias
    entry = zone[at] ?? 'NXDOMAIN'
  }
  if (Array.isArray(entry))
    answers.push(...entry.map((text) => ({ type: 'TXT' as const, name: at, data: chunksOf(text) })))
  return { entry, answers }
}

function chunksOf(text: string): string[] {
  const count = Math.max(1, Math.ceil(text.length / CHUNK_BYTES))
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  )
}
