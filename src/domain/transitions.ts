import type { MessageState } from './message.ts'

type Transition<State> = { from: State; to: State; when: string }

/** Every way in which a message gets from one state into another. It begins as `planned`. */
export const MESSAGE_TRANSITIONS = [
  { from: 'planned', to: 'sending', when: 'its draft is made and committed, and Gmail is asked next' },
  { from: 'planned', to: 'sent', when: 'a backup was restored, and it is found to have been sent since' },
  { from: 'planned', to: 'unknown', when: 'a backup was restored, and its mailbox can’t be asked' },
  { from: 'planned', to: 'failed', when: 'it is refused, or given up' },
  { from: 'planned', to: 'cancelled', when: 'it is withdrawn, or its answer would be too late' },
  { from: 'sending', to: 'sent', when: 'Gmail says so, or it is found' },
  { from: 'sending', to: 'failed', when: 'Google has surely not sent it, and refuses to' },
  { from: 'sending', to: 'unknown', when: 'it can’t be found out whether Gmail sent it' },
  { from: 'sending', to: 'cancelled', when: 'its draft is still there, and its answer would be too late' },
  { from: 'unknown', to: 'sent', when: 'a later look finds it' },
  {
    from: 'unknown',
    to: 'planned',
    when: 'the operator wants it sent again, and one more look does not find it',
  },
  { from: 'unknown', to: 'cancelled', when: 'the operator drops it' },
  { from: 'failed', to: 'planned', when: 'the operator tries it again' },
] as const satisfies readonly Transition<MessageState>[]

/** From which states a message may come into `To`. */
export type StateBefore<To extends MessageState> = Extract<
  (typeof MESSAGE_TRANSITIONS)[number],
  { to: To }
>['from']

/** A task's row has no column for its state: one that is leased is handed out, and running once a run has begun it. */
export type TaskState = 'waiting' | 'handed out' | 'running' | 'gone'

/** Every way in which a task gets from one state into another. It begins as `waiting`, and its row goes in the end. */
export const TASK_TRANSITIONS = [
  { from: 'waiting', to: 'handed out', when: 'it is due, and no other task of its account is out' },
  { from: 'handed out', to: 'running', when: 'a worker begins it' },
  { from: 'handed out', to: 'handed out', when: 'its lease lapsed, as the queue has lost it' },
  { from: 'running', to: 'handed out', when: 'its lease lapsed, as its worker died' },
  { from: 'handed out', to: 'waiting', when: 'its process stops, or all workers are known to be gone' },
  {
    from: 'running',
    to: 'waiting',
    when: 'again later, an error, its process stops, parked with its account, or given up and coming again',
  },
  { from: 'running', to: 'gone', when: 'done, or given up for good' },
  { from: 'waiting', to: 'gone', when: 'its mail or its account is withdrawn' },
  { from: 'handed out', to: 'gone', when: 'its mail or its account is withdrawn' },
] as const satisfies readonly Transition<TaskState>[]
