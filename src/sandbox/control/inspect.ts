import { header, rfcMessageIdOf, senderOf, subjectOf, textOf } from '../mail/reading.ts'
import type { Message } from '../state/shapes.ts'

export type InspectedMessage = {
  id: string
  threadId: string
  rfcMessageId: string
  labels: string[]
  at: string
  from: string
  to: string
  subject: string
  text: string
  foreign: boolean
}

export const inspect = (message: Message): InspectedMessage => ({
  id: message.id,
  threadId: message.threadId,
  rfcMessageId: rfcMessageIdOf(message),
  labels: message.labels,
  at: new Date(message.internalDate).toISOString(),
  from: senderOf(message),
  to: header(message, 'To') ?? '',
  subject: subjectOf(message),
  text: textOf(message),
  foreign: message.foreign,
})
