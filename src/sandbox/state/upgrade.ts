import type { Change } from './changes.ts'

/** A change as it is told today: before there were several clients, all belonged to the one of the start. */
export function upgrade(change: Change, clientId: string): Change {
  switch (change.kind) {
    case 'code':
      return { ...change, code: { ...change.code, clientId: change.code.clientId ?? clientId } }
    case 'access-token':
      return { ...change, token: { ...change.token, clientId: change.token.clientId ?? clientId } }
    case 'refresh-token':
      return { ...change, token: { ...change.token, clientId: change.token.clientId ?? clientId } }
    default:
      return change
  }
}
