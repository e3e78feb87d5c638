import { randomUUID } from 'node:crypto'
import type { StartedTask } from '../db/started-task.ts'
import type { AccountStatus } from '../domain/account.ts'
import { GoogleError, NeedsReauthError, NoticeError, wordsOf } from '../domain/errors.ts'
import { localDateOf } from '../domain/local-time.ts'
import {
  backOffSeconds,
  type Handout,
  MOST_ERRORS,
  MOST_NOT_FOUND,
  type Outcome,
  type TaskKind,
} from '../domain/task.ts'
import type { MessageRun, Run, Warmup } from './dependencies.ts'
import { disconnectAccount } from './disconnect-account.ts'
import { openMail } from './open-mail.ts'
import { planAccountDay } from './plan-account-day.ts'
import { checkAccount } from './prove-token.ts'
import { sendMail } from './send-mail.ts'
import { giveUpNotices, sendNotices } from './send-notices.ts'

export type Ended = 'done' | 'again' | 'failed' | 'retry' | 'parked' | 'void'

/** Tasks that are never over: after how many hours they begin anew when they were given up. */
const COMES_AGAIN: Partial<Record<TaskKind, number>> = { plan: 6, check: 24 }

/** How long a dead process's tasks wait for another one. A living process renews its leases four times as often. */
export const TASK_LEASE_SECONDS = 30

/** Runs one handed-out task to its outcome and carries that out. Never throws for what the task's own work throws. */
export async function runTask(
  warmup: Warmup,
  handout: Handout,
  hold: (taskId: number, owner: string) => { signal: AbortSignal; release(): void },
): Promise<Ended> {
  const { store, clock, log } = warmup
  const owner = randomUUID()
  const times = { now: clock.now(), leaseSeconds: TASK_LEASE_SECONDS }
  const started = await store.tasks.start(handout, owner, times)
  if (!started) return 'void'
  const startedAt = performance.now()
  const held = hold(started.task.id, owner)
  try {
    const ended = await attempt(warmup, started, owner, held.signal)
    const { task } = started
    log.info(
      {
        taskId: task.id,
        kind: task.kind,
        accountId: task.accountId,
        messageId: task.messageId,
        ended,
        ms: Math.round(performance.now() - startedAt),
      },
      'task ended',
    )
    return ended
  } finally {
    held.release()
  }
}

async function attempt(
  warmup: Warmup,
  started: StartedTask,
  owner: string,
  signal: AbortSignal,
): Promise<Ended> {
  const { task, account } = started
  if (account && !mayRun(account.status, task.kind)) {
    await warmup.store.tasks.park(task.id, owner)
    return 'parked'
  }
  try {
    const outcome = await perform(warmup, started, owner, signal)
    return await conclude(warmup, started, owner, outcome)
  } catch (error) {
    return await recover(warmup, started, owner, error)
  }
}

async function perform(
  warmup: Warmup,
  started: StartedTask,
  owner: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { task, account, message, partner } = started
  if (task.kind === 'notify') return sendNotices(warmup, task, signal)
  if (!account) return { kind: 'failed', reason: `a ${task.kind} task without an account` }
  if (task.kind === 'disconnect') return disconnectAccount(warmup, account)
  if (task.kind === 'check') return checkAccount(warmup, account)
  // What it had begun to send is still brought to its end.
  if (account.kind === 'vault' && message?.state !== 'sending') return { kind: 'done' }

  const ask = await warmup.openMailbox(account.id, { signal, stored: started.token })
  const run: Run = { ...started, account, owner, signal, ask }
  if (task.kind === 'plan') return planAccountDay(warmup, run)
  if (!message || !partner) return { kind: 'failed', reason: `a ${task.kind} task without a message` }
  const messageRun: MessageRun = { ...run, message, partner }
  return task.kind === 'open' ? openMail(warmup, messageRun) : sendMail(warmup, messageRun)
}

async function conclude(
  warmup: Warmup,
  started: StartedTask,
  owner: string,
  outcome: Outcome,
): Promise<Ended> {
  const { store } = warmup
  const { task, account } = started
  if (outcome.kind === 'failed') {
    await giveUp(warmup, started, owner, outcome.reason)
    return 'failed'
  }
  if (account && account.lastError !== null && task.kind !== 'disconnect')
    await store.accounts.setLastError(account.id, null)
  if (outcome.isKept) return outcome.kind
  if (outcome.kind === 'again') await store.tasks.putOff(task.id, owner, outcome)
  else await store.tasks.finish(task.id, owner)
  return outcome.kind
}

/** What an error means for the task: wait, park, or give up. */
async function recover(warmup: Warmup, started: StartedTask, owner: string, error: unknown): Promise<Ended> {
  const { store, clock, random, log } = warmup
  const { task, account } = started
  const accountId = account?.id ?? null
  if (error instanceof NeedsReauthError && accountId !== null) {
    const current = await store.accounts.byId(accountId)
    if (current && !mayRun(current.status, task.kind)) {
      await store.tasks.park(task.id, owner)
      return 'parked'
    }
  }
  const reason = wordsOf(error)
  const isGoogles = error instanceof GoogleError
  const isExpected = isGoogles || error instanceof NeedsReauthError || error instanceof NoticeError
  if (!isExpected) log.error({ taskId: task.id, err: error }, 'task broke')
  if (isHopeless(error, task)) {
    if (isGoogles && accountId !== null) await store.accounts.setLastError(accountId, reason)
    await giveUp(warmup, started, owner, reason, isGoogles && error.problem === 'refused')
    return 'failed'
  }
  const backOff = new Date(clock.now().getTime() + backOffSeconds(task.errors + 1, random) * 1000)
  const wished = isGoogles ? error.retryAt : null
  const retryAt = wished && wished > backOff ? wished : backOff
  const isAccounts = !isGoogles || error.problem !== 'app_refused'
  if (accountId !== null && isAccounts) await store.accounts.setLastError(accountId, reason)
  await store.tasks.retry(task.id, owner, retryAt, reason)
  return 'retry'
}

/** A paused account's token is still proven every day, and a removed one's grant is ended. */
function mayRun(status: AccountStatus, kind: TaskKind): boolean {
  return status === 'active' || kind === 'disconnect' || (kind === 'check' && status === 'paused')
}

/** A grant is ended however long that takes. What is not there may be late: it is looked for a few times. */
function isHopeless(error: unknown, { kind, errors }: StartedTask['task']): boolean {
  if (kind === 'disconnect') return false
  if (!(error instanceof GoogleError)) return errors + 1 >= MOST_ERRORS
  const { problem } = error
  return problem === 'refused' || (problem === 'not_found' && errors >= MOST_NOT_FOUND)
}

/** Ends a task for good: its message fails, or is left unknown where Gmail may have sent it; what recurs comes again. */
async function giveUp(
  warmup: Warmup,
  { task, account, message }: StartedTask,
  owner: string,
  reason: string,
  isRefusal = false,
) {
  const { store, clock, log } = warmup
  const at = clock.now()
  const about = { at, accountId: account?.id ?? null, messageId: message?.id ?? null, data: { reason } }
  await store.transaction(async (tx) => {
    if (!(await tx.tasks.isHeld(task.id, owner))) return
    if (task.kind === 'notify') await giveUpNotices({ ...warmup, store: tx }, task, reason)
    else if (message && task.kind !== 'open') {
      const current = await tx.messages.byId(message.id)
      const unknown = current?.state === 'sending'
      if (await tx.messages.end(message.id, unknown ? 'unknown' : 'failed', reason)) {
        await tx.events.add({ kind: unknown ? 'send_unknown' : 'send_failed', ...about })
        if (isRefusal && account)
          await tx.accountDays.add(account.id, localDateOf(at, account.timeZone), { refused: 1 })
      }
    } else {
      await tx.events.add({ kind: 'task_failed', ...about })
    }
    const hours = COMES_AGAIN[task.kind]
    if (hours) await tx.tasks.retry(task.id, owner, new Date(at.getTime() + hours * 3_600_000), reason)
    else await tx.tasks.finish(task.id, owner)
  })
  log.warn({ taskId: task.id, kind: task.kind, messageId: message?.id, reason }, 'task given up')
}
