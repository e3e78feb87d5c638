import type { Change } from '../state/changes.ts'
import type { HistoryEntry, Watch } from '../state/shapes.ts'
import type { State } from '../state/state.ts'
import type { Store } from '../state/store.ts'

/** That a mailbox has changed, up to a place in its history. */
export type Notification = { topicName: string; emailAddress: string; historyId: string }

/** The store, which from now on also tells of each change of a mailbox that is watched. */
export function tellingStore(
  store: Store,
  now: () => Date,
  tell: (notification: Notification) => void,
): Store {
  return {
    ...store,
    commit(changes) {
      store.commit(changes)
      for (const notification of notificationsOf(store.state, changes, now())) tell(notification)
    },
  }
}

/** One of each mailbox, however much has changed in it at once. Where a watch begins, Gmail tries whether it may publish. */
function notificationsOf(state: Readonly<State>, changes: Change[], now: Date): Notification[] {
  const changed = new Map<string, Notification>()
  for (const change of changes) {
    if (change.kind !== 'history' && change.kind !== 'watch') continue
    const mailbox = state.mailboxes.get(change.mailbox)
    if (!mailbox?.watch || mailbox.watch.expiresAt <= now.getTime()) continue
    if (change.kind === 'history' && !isAbout(change.entry, mailbox.watch)) continue
    const { address: emailAddress, historyId, watch } = mailbox
    changed.set(emailAddress, { topicName: watch.topicName, emailAddress, historyId: String(historyId) })
  }
  return [...changed.values()]
}

function isAbout({ labels, changed }: HistoryEntry, { labelIds, labelFilterBehavior }: Watch): boolean {
  if (labelIds.length === 0) return true
  const relates = labelIds.some((label) => labels.includes(label) || changed.includes(label))
  return labelFilterBehavior === 'include' ? relates : !relates
}
