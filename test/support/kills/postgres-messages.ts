// https://www.postgresql.org/docs/current/protocol-message-formats.html

/** What a server says last of all: that it is ready for a query, and in no transaction. */
export const READY = Buffer.from('Z\0\0\0\x05I', 'latin1')

export type PostgresMessage = { type: string; bytes: Buffer }

/** Cuts a stream into messages. The first message of a client has no type: here it has an empty one. */
export function messageReader(options: { isClient: boolean }): (chunk: Buffer) => PostgresMessage[] {
  let rest: Buffer = Buffer.alloc(0)
  let typeLength = options.isClient ? 0 : 1
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const messages: PostgresMessage[] = []
    while (rest.length >= typeLength + 4) {
      const end = typeLength + rest.readUInt32BE(typeLength)
      if (rest.length < end) break
      messages.push({ type: rest.toString('latin1', 0, typeLength), bytes: rest.subarray(0, end) })
      rest = rest.subarray(end)
      typeLength = 1
    }
    return messages
  }
}

/** The strings that a message begins with, each ended by a zero byte. */
export function stringsOf({ bytes }: PostgresMessage, count: number): string[] {
  const strings: string[] = []
  let at = 5
  for (let i = 0; i < count; i += 1) {
    const end = bytes.indexOf(0, at)
    strings.push(bytes.toString('utf8', at, end))
    at = end + 1
  }
  return strings
}

const WRITES = /\b(insert into|delete from|(?<!for )(?<!key )update(?! set\b))\s+"?(\w+)/gi

/**
 * What a process does for itself now and then, whatever its tasks are: it renews leases, takes from the shared budget of
 * Gmail's quota, and tells the others how Google does. Nobody could lose anything by it.
 */
const ITS_OWN = [/^\s*update "?tasks"? set "?lease_until"? =/i, /\b(gmail_quota|google_sightings)\b/i]

/** "update tasks, insert into events"; empty where a statement only reads. */
export function writesOf(statement: string): string {
  if (ITS_OWN.some((own) => own.test(statement))) return ''
  return [...statement.matchAll(WRITES)].map(([, verb = '', table = '']) => `${verb} ${table}`).join(', ')
}
