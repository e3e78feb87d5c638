import { sendingSchedule } from '../../domain/account.ts'
import { isOpen } from '../../domain/schedule.ts'
import { byId, type Facts, mailName } from '../facts.ts'

/** No mail was begun outside the hours of its sender. */
export function hoursHeld({ messages, accounts }: Facts): string[] {
  const account = byId(accounts)
  return messages.flatMap((row) => {
    const sender = account(row.senderId)
    if (row.sendStartedAt === null || isOpen(row.sendStartedAt, sendingSchedule(sender))) return []
    return [
      `${mailName(row)} of ${sender.email} was begun at ${row.sendStartedAt.toISOString()}, outside its hours`,
    ]
  })
}
