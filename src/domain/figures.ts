import type { AccountKind, AccountStatus } from './account.ts'
import type { TaskKind } from './task.ts'

/** How things stand in the database, for whoever watches over them. */
export type StoreFigures = {
  accounts: { kind: AccountKind; status: AccountStatus; count: number }[]
  /** Mails of which nobody could find out whether they were sent. */
  unknownSends: number
  /** Tasks that are due and that nobody has begun; `oldest` is when the longest due of them was due. */
  due: { kind: TaskKind; count: number; oldest: Date }[]
}

/** Jobs in the queue's store. */
export type QueueFigures = { kind: TaskKind; waiting: number; active: number }[]
