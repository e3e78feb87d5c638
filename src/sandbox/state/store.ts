import { apply } from './apply.ts'
import type { Change } from './changes.ts'
import { type Journal, openJournal, readJournal } from './journal.ts'
import { snapshot } from './snapshot.ts'
import { emptyState, type State } from './state.ts'
import { upgrade } from './upgrade.ts'

export type Store = {
  readonly state: Readonly<State>
  /** Journals the changes as one line, then applies them. */
  commit(changes: Change[]): void
  close(): void
}

/** The client is the one to which an old journal belongs. */
export function openStore(file: string | undefined, clientId: string): Store {
  const state = emptyState()
  let journal: Journal | undefined
  if (file !== undefined) {
    readJournal(file, (change) => apply(state, upgrade(change, clientId)))
    journal = openJournal(file, snapshot(state))
  }
  return {
    state,
    commit: (changes) => {
      if (changes.length === 0) return
      journal?.write(changes)
      for (const change of changes) apply(state, change)
    },
    close: () => journal?.close(),
  }
}
