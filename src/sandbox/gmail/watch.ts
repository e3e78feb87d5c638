import { invalidArgument } from '../http/google-error.ts'
import type { Watch } from '../state/shapes.ts'
import { type Call, optionalString, stringList } from './call.ts'
import { labelExists } from './label-names.ts'

// https://developers.google.com/workspace/gmail/api/guides/push
const LASTS_MS = 7 * 24 * 3600 * 1000

/** One that lasts is replaced. */
export function watch({ mailbox, body, transaction, commit }: Call) {
  const topicName = optionalString(body, 'topicName') ?? ''
  if (!/^projects\/[^/\s]+\/topics\/[^/\s]+$/.test(topicName))
    throw invalidArgument('Invalid topicName does not match projects/sandbox/topics/*')
  const labelIds = stringList(body, 'labelIds')
  for (const label of labelIds)
    if (!labelExists(mailbox, label)) throw invalidArgument(`Invalid label: ${label}`)
  const expiresAt = transaction.now.getTime() + LASTS_MS
  const watch = { topicName, labelIds, labelFilterBehavior: filterBehavior(body), expiresAt }
  transaction.changes.push({ kind: 'watch', mailbox: mailbox.address, watch })
  commit()
  return { historyId: String(mailbox.historyId), expiration: String(expiresAt) }
}

export function stop({ mailbox, transaction, commit }: Call): void {
  transaction.changes.push({ kind: 'watch', mailbox: mailbox.address, watch: null })
  commit()
}

/** In small letters in the discovery document, in large ones in the guide. */
function filterBehavior(body: Record<string, unknown>): Watch['labelFilterBehavior'] {
  const given = optionalString(body, 'labelFilterBehavior')?.toLowerCase() ?? 'include'
  if (given === 'include' || given === 'exclude') return given
  throw invalidArgument(`Invalid value at 'label_filter_behavior', "${given}"`)
}
