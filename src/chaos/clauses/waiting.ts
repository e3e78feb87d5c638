import type { TaskKind } from '../../domain/task.ts'
import { type AccountFacts, byId, type Facts, type MessageFacts, mailName } from '../facts.ts'

/** Whatever is still to happen has the task that will do it, or the operator was told that it was given up. */
export function nothingLost({ messages, accounts, tasks, events }: Facts): string[] {
  const account = byId(accounts)
  const waiting = new Set(tasks.map(({ kind, accountId, messageId }) => `${kind} ${messageId ?? accountId}`))
  const answered = new Set(messages.map(({ inReplyTo }) => inReplyTo))
  const givenUp = new Set(
    events.flatMap(({ kind, messageId }) => (kind === 'task_failed' ? [messageId] : [])),
  )
  const wrong: string[] = []
  for (const row of messages) {
    const kind = givenUp.has(row.id) ? null : nextTaskOf(row)
    const owner = account(kind === 'open' ? row.recipientId : row.senderId)
    if (kind && owner.status !== 'removed' && !waiting.has(`${kind} ${row.id}`))
      wrong.push(`${mailName(row)} is ${row.state} and has no ${kind} task`)
    if (row.handledAt !== null && row.replies && !answered.has(row.id))
      wrong.push(`${mailName(row)} is to be answered, and no reply is planned`)
  }
  for (const { id, email, ...row } of accounts)
    for (const kind of standingTasks(row))
      if (!waiting.has(`${kind} ${id}`)) wrong.push(`${email} has no ${kind} task`)
  return wrong
}

function nextTaskOf(row: MessageFacts): TaskKind | null {
  if (row.state === 'planned' || row.state === 'sending') return row.turn === 1 ? 'send' : 'reply'
  if (row.state !== 'sent') return null
  const isEngaged = row.recipientMessageId === null || row.placement === 'trash' || row.handledAt !== null
  return row.placement === null || !isEngaged ? 'open' : null
}

/** The tasks that an account has for as long as it is connected. */
function standingTasks({ status, kind }: Pick<AccountFacts, 'status' | 'kind'>): TaskKind[] {
  if (status === 'removed') return []
  return kind === 'vault' ? ['check'] : ['plan', 'check']
}

/** What is due and may run has begun within the time that was given. */
export function nothingStuck({ tasks, accounts, now, patienceMs }: Facts): string[] {
  const account = byId(accounts)
  const latest = now.getTime() - patienceMs
  return tasks
    .filter(({ kind, accountId, dueAt }) => {
      const mayRun = accountId === null || kind === 'disconnect' || account(accountId).status === 'active'
      return mayRun && dueAt.getTime() <= latest
    })
    .map(
      ({ id, kind, accountId, dueAt, handout, errors, waitingFor }) =>
        `task ${id} (${kind} of account ${accountId}) has been due since ${dueAt.toISOString()}: handed out ${handout} times, ${errors} errors, waits for ${waitingFor}`,
    )
}
