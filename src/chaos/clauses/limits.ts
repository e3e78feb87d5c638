import { localDateOf } from '../../domain/local-time.ts'
import { byId, type Facts } from '../facts.ts'

/** What an account has begun to send on one of its local days is no more than its limit. */
export function limitsHeld({ messages, accounts }: Facts): string[] {
  const account = byId(accounts)
  const begun = new Map<string, { limit: number; mails: number }>()
  for (const { senderId, sendStartedAt } of messages) {
    if (sendStartedAt === null) continue
    const { email, timeZone, dailyLimit } = account(senderId)
    const key = `${email} on ${localDateOf(sendStartedAt, timeZone)}`
    begun.set(key, { limit: dailyLimit, mails: (begun.get(key)?.mails ?? 0) + 1 })
  }
  return [...begun].flatMap(([key, { limit, mails }]) =>
    mails > limit ? [`${key} sent ${mails} mails, and may send ${limit}`] : [],
  )
}
