import type { EventKind } from '../../domain/events.ts'
import { type Facts, mailName } from '../facts.ts'

/** What happens to a mail happens to it once. */
const ONCE_A_MAIL: readonly EventKind[] = [
  'sent',
  'send_failed',
  'send_unknown',
  'delivered',
  'rescued',
  'opened',
  'left_unread',
  'moved_to_primary',
  'marked',
  'missing',
  'bounced',
  'reply_dropped',
]

/** No event is told twice, and what a mail’s row says was told. */
export function eventsOnce({ events, messages, accounts }: Facts): string[] {
  const told = new Map<string, number>()
  for (const { kind, messageId, accountId, data } of events) {
    const key = kind === 'planned' ? `planned ${accountId} ${data.day}` : `${kind} ${messageId}`
    told.set(key, (told.get(key) ?? 0) + 1)
  }
  const wrong: string[] = []
  const expect = (kind: EventKind, row: Facts['messages'][number], isExpected: boolean) => {
    if (isExpected && !told.has(`${kind} ${row.id}`)) wrong.push(`${mailName(row)}: “${kind}” was not told`)
  }
  for (const row of messages) {
    for (const kind of ONCE_A_MAIL) {
      const times = told.get(`${kind} ${row.id}`) ?? 0
      if (times > 1) wrong.push(`${mailName(row)}: “${kind}” was told ${times} times`)
    }
    expect('sent', row, row.state === 'sent')
    expect('delivered', row, row.recipientMessageId !== null)
    expect('opened', row, row.openedAt !== null)
    expect('rescued', row, row.rescuedAt !== null)
  }
  for (const { id, email } of accounts)
    for (const [key, times] of told)
      if (times > 1 && key.startsWith(`planned ${id} `))
        wrong.push(`${email}: the plan of ${key.split(' ')[2]} was told ${times} times`)
  return wrong
}
