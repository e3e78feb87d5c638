import { invalidArgument } from '../http/google-error.ts'
import type { Message } from '../state/shapes.ts'

// What Gmail estimates whenever there is more than one page, whatever there really is.
const MANY = 201

/**
 * Pages through a list that is newest first. A page token names the last item seen by its date and id,
 * so that mail which arrives between two pages shifts nothing.
 */
export function page<T>(
  newestFirst: Iterable<T>,
  positionOf: (item: T) => Pick<Message, 'internalDate' | 'id'>,
  options: { limit: number; token: string | null },
): { items: T[]; nextPageToken?: string; resultSizeEstimate: number } {
  const from = options.token === null ? undefined : readToken(options.token)
  const items: T[] = []
  for (const item of newestFirst) {
    if (from && !isAfter(positionOf(item), from)) continue
    const last = items.at(-1)
    if (items.length === options.limit && last !== undefined) {
      const { internalDate, id } = positionOf(last)
      const nextPageToken = BigInt(`0x${internalDate.toString(16).padStart(12, '0')}${id}`).toString()
      return { items, nextPageToken, resultSizeEstimate: MANY }
    }
    items.push(item)
  }
  return { items, resultSizeEstimate: from ? MANY : items.length }
}

type Position = { internalDate: number; id: bigint }

function readToken(token: string): Position {
  if (!/^\d{1,40}$/.test(token)) throw invalidArgument('Invalid pageToken')
  const number = BigInt(token)
  return { internalDate: Number(number >> 64n), id: number & 0xffff_ffff_ffff_ffffn }
}

const isAfter = (item: { internalDate: number; id: string }, from: Position) =>
  item.internalDate < from.internalDate ||
  (item.internalDate === from.internalDate && BigInt(`0x${item.id}`) < from.id)
