import type { Call } from './call.ts'

export const getProfile = ({ mailbox }: Call) => ({
  emailAddress: mailbox.address,
  messagesTotal: mailbox.messages.size,
  threadsTotal: mailbox.threads.size,
  historyId: String(mailbox.historyId),
})
