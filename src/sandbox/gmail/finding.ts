import { GoogleError, invalidArgument } from '../http/google-error.ts'
import { compileQuery } from '../search/compile.ts'
import type { Message } from '../state/shapes.ts'
import type { Call } from './call.ts'
import { labelExists } from './label-names.ts'

/** The messages a list request asks for, newest first, found one by one as they are wanted. */
export function* findMessages(call: Call, only: (message: Message) => boolean = () => true) {
  const { mailbox, query } = call
  const text = query.get('q') ?? ''
  if (text !== '' && call.metadataOnly) {
    throw new GoogleError(403, 'forbidden', "Metadata scope does not support 'q' parameter")
  }
  const search = compileQuery(text, { mailbox, now: call.transaction.now })
  const labels = query.getAll('labelIds')
  for (const label of labels) {
    if (!labelExists(mailbox, label)) throw invalidArgument(`Invalid label: ${label}`)
  }
  const everywhere =
    query.get('includeSpamTrash') === 'true' ||
    search.everywhere ||
    labels.includes('SPAM') ||
    labels.includes('TRASH')
  const candidates =
    search.rfcMessageId === undefined
      ? mailbox.timeline
      : (mailbox.byRfcMessageId.get(search.rfcMessageId) ?? [])
  for (let index = candidates.length - 1; index >= 0; index -= 1) {
    const message = candidates[index]
    if (
      message &&
      (everywhere || !(message.labels.includes('SPAM') || message.labels.includes('TRASH'))) &&
      labels.every((label) => message.labels.includes(label)) &&
      only(message) &&
      search.matches(message)
    ) {
      yield message
    }
  }
}
