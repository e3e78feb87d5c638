import { emptyDay } from '../placement.ts'
import type { Change } from './changes.ts'

/**
 * A change as it is told today: before there were several clients, all belonged to the one of the start; what happened
 * in a day moved a sender's reputation at once, so that nothing of its last day is left to be counted; and no
 * placement was forced for a domain.
 */
export function upgrade(change: Change, clientId: string): Change {
  switch (change.kind) {
    case 'code':
      return { ...change, code: { ...change.code, clientId: change.code.clientId ?? clientId } }
    case 'access-token':
      return { ...change, token: { ...change.token, clientId: change.token.clientId ?? clientId } }
    case 'refresh-token':
      return { ...change, token: { ...change.token, clientId: change.token.clientId ?? clientId } }
    case 'sender': {
      const { sender } = change
      return {
        ...change,
        sender: { ...sender, today: sender.today ?? emptyDay(sender.days.at(-1)?.day ?? 0) },
      }
    }
    case 'options': {
      const { options } = change
      return {
        ...change,
        options: {
          ...options,
          placement: { ...options.placement, domains: options.placement.domains ?? {} },
        },
      }
    }
    default:
      return change
  }
}
