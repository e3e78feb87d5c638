import { randomUUID } from 'node:crypto'
import type { StartedTask, Task } from '../db/started-task.ts'
import type { AccountStatus } from '../domain/account.ts'
import { GoogleError, NeedsReauthError, NoticeError, wordsOf } from '../domain/errors.ts'
import { localDateOf } from '../domain/local-time.ts'
import {
  COMES_AGAIN_HOURS,
  type Handout,
  isNews,
  isOver,
  OFFLINE_KINDS,
  type Outcome,
  QUIET_KINDS,
  type RunEnding,
  retryTime,
  type TaskKind,
  type Trouble,
  WORKER_DIED,
} from '../domain/task.ts'
import type { MessageRun, Run, Warmup } from './dependencies.ts'
import { disconnectAccount } from './disconnect-account.ts'
import { handOnMail } from './inbox/hand-on-mail.ts'
import { syncMailbox } from './inbox/sync-mailbox.ts'
import { openMail } from './open-mail.ts'
import { planAccountDay } from './plan-account-day.ts'
import { giveUpLook, planLook } from './plan-look.ts'
import { checkAccount } from './prove-token.ts'
import { sendMail } from './send-mail.ts'
import { giveUpNotices, sendNotices } from './send-notices.ts'
import { settleSend } from './settle-send.ts'
import { tidyHistory } from './tidy-history.ts'

/** `void`: there was nothing to run. */
export type Ended = RunEnding | 'void'
/** The reason stands where a run was not simply done. */
type Ending = { ended: RunEnding; reason?: string }

/** How long a dead process's tasks wait for another one. A living process renews its leases four times as often. */
export const TASK_LEASE_SECONDS = 30

/** Runs one handed-out task to its outcome and carries that out. Never throws for what the task's own work throws. */
export async function runTask(
  warmup: Warmup,
  handout: Handout,
  hold: (taskId: number, owner: string) => { signal: AbortSignal; release(): void },
): Promise<Ended> {
  const { store, clock, observe, log } = warmup
  const owner = randomUUID()
  const times = { now: clock.now(), leaseSeconds: TASK_LEASE_SECONDS }
  const started = await store.tasks.start(handout, owner, times)
  if (!started) return 'void'
  const startedAt = performance.now()
  const held = hold(started.task.id, owner)
  try {
    const ending = await attempt(warmup, started, owner, held.signal)
    const { id: taskId, kind, accountId, messageId, dueAt } = started.task
    const ms = Math.round(performance.now() - startedAt)
    const lateMs = clock.now().getTime() - dueAt.getTime()
    observe.taskEnded({ kind, ended: ending.ended, ms, lateMs })
    log.info({ taskId, kind, accountId, messageId, ...ending, ms, lateMs }, 'task ended')
    return ending.ended
  } finally {
    held.release()
  }
}

async function attempt(
  warmup: Warmup,
  started: StartedTask,
  owner: string,
  signal: AbortSignal,
): Promise<Ending> {
  const { task, account } = started
  if (account && !mayRun(account.status, task.kind)) {
    await warmup.store.tasks.park(task.id, owner)
    return { ended: 'parked', reason: `the account is ${account.status}` }
  }
  if (keepsKilling(task)) {
    await giveUp(warmup, started, owner, { trouble: 'other', reason: KILLS })
    return { ended: 'failed', reason: KILLS }
  }
  try {
    const outcome = await warmup.google.admitted(started, signal, () =>
      perform(warmup, started, owner, signal),
    )
    return await conclude(warmup, started, owner, outcome)
  } catch (error) {
    if (signal.aborted) return await handBack(warmup, started, owner, signal.reason)
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
  if (task.kind === 'tidy') return tidyHistory(warmup, started.engine, signal)
  if (!account) return { kind: 'failed', reason: `a ${task.kind} task without an account` }
  if (task.kind === 'disconnect') return disconnectAccount(warmup, account)
  if (task.kind === 'check') return checkAccount(warmup, account)
  if (task.kind === 'hand_on') return handOnMail(warmup, { ...started, account, owner, signal })
  // What it had begun to send is still brought to its end.
  const isWarmups = task.kind !== 'settle' && task.kind !== 'sync'
  if (account.kind === 'vault' && message?.state !== 'sending' && isWarmups) return { kind: 'done' }

  const ask = await warmup.openMailbox(account.id, { signal, stored: started.token })
  const run: Run = { ...started, account, owner, signal, ask }
  if (task.kind === 'plan') return planAccountDay(warmup, run)
  if (task.kind === 'sync') return syncMailbox(warmup, run)
  if (!message || !partner) return { kind: 'failed', reason: `a ${task.kind} task without a message` }
  const messageRun: MessageRun = { ...run, message, partner }
  if (task.kind === 'settle') return settleSend(warmup, messageRun)
  return task.kind === 'open' ? openMail(warmup, messageRun) : sendMail(warmup, messageRun)
}

async function conclude(
  warmup: Warmup,
  started: StartedTask,
  owner: string,
  outcome: Outcome,
): Promise<Ending> {
  const { store } = warmup
  const { task, account } = started
  if (outcome.kind === 'failed') {
    const { reason, isRefusal = false } = outcome
    if (isRefusal && account) await store.accounts.setLastError(account.id, reason)
    await giveUp(warmup, started, owner, {
      trouble: isRefusal ? 'refused' : 'other',
      reason,
      isUnsent: isRefusal,
    })
    return { ended: 'failed', reason }
  }
  if (account && account.lastError !== null && isOvercome(account.lastError, task))
    await store.accounts.setLastError(account.id, null)
  if (!outcome.isKept) {
    if (outcome.kind === 'again') await store.tasks.putOff(task.id, owner, outcome)
    else await store.tasks.finish(task.id, owner)
  }
  return outcome.kind === 'again' ? { ended: 'again', reason: outcome.reason } : { ended: 'done' }
}

/**
 * Whether a task that went well says that an account's last error is over. What was not asked of Google says nothing of it;
 * rounds of fetching come so often that they would hide what others meet: they only take back their own.
 */
function isOvercome(lastError: string, { kind, waitingFor }: Task): boolean {
  if (kind === 'disconnect' || OFFLINE_KINDS.includes(kind)) return false
  return kind !== 'sync' || waitingFor === lastError
}

/** A run that was cut off has met no error: its task is as it was, and anybody may begin it at once. */
async function handBack(
  { store }: Warmup,
  { task }: StartedTask,
  owner: string,
  why: unknown,
): Promise<Ending> {
  await store.tasks.park(task.id, owner)
  return { ended: 'handed_back', reason: wordsOf(why) }
}

/** What an error means for the task: wait, park, or give up. */
async function recover(warmup: Warmup, started: StartedTask, owner: string, error: unknown): Promise<Ending> {
  const { store, clock, random, log } = warmup
  const { task, account } = started
  const accountId = account?.id ?? null
  if (error instanceof NeedsReauthError && accountId !== null) {
    const current = await store.accounts.byId(accountId)
    if (current && !mayRun(current.status, task.kind)) {
      await store.tasks.park(task.id, owner)
      return { ended: 'parked', reason: error.message }
    }
  }
  const reason = wordsOf(error)
  const isGoogles = error instanceof GoogleError
  const isExpected = isGoogles || error instanceof NeedsReauthError || error instanceof NoticeError
  if (!isExpected) log.error({ taskId: task.id, err: error }, 'task broke')
  const trouble = troubleOf(error)
  if (isOver(trouble, task.errors + 1)) {
    if (isGoogles && accountId !== null) await store.accounts.setLastError(accountId, reason)
    await giveUp(warmup, started, owner, { trouble, reason })
    return { ended: 'failed', reason }
  }
  const retryAt = retryTime(task.errors + 1, clock.now(), isGoogles ? error.retryAt : null, random)
  const isAccounts = !isGoogles || error.problem !== 'app_refused'
  if (accountId !== null && isAccounts) await store.accounts.setLastError(accountId, reason)
  await store.tasks.retry(task.id, owner, retryAt, reason)
  return { ended: 'retry', reason }
}

/** A paused account still does what is quiet, one that lost its grant what needs none, and a removed one's grant is ended. */
function mayRun(status: AccountStatus, kind: TaskKind): boolean {
  if (status === 'paused') return QUIET_KINDS.includes(kind) || kind === 'disconnect'
  if (status === 'needs_reauth') return OFFLINE_KINDS.includes(kind) || kind === 'disconnect'
  return status === 'active' || kind === 'disconnect'
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof GoogleError) return error.problem
  return error instanceof NoticeError ? 'notice' : 'other'
}

const KILLS = 'each worker that began it died'

/** Its last run ended without a word, as did too many before. */
function keepsKilling({ waitingFor, errors }: Task): boolean {
  return waitingFor === WORKER_DIED && isOver('other', errors)
}

/** Ends a task for good: its message fails, or is left unknown where Gmail may have sent it; what recurs comes again. */
async function giveUp(
  warmup: Warmup,
  { task, account, message }: StartedTask,
  owner: string,
  { trouble, reason, isUnsent = false }: { trouble: Trouble; reason: string; isUnsent?: boolean },
) {
  const { store, clock, log } = warmup
  const at = clock.now()
  const hours = COMES_AGAIN_HOURS[task.kind]
  const about = { at, accountId: account?.id ?? null, messageId: message?.id ?? null, data: { reason } }
  await store.transaction(async (tx) => {
    if (!(await tx.tasks.isHeld(task.id, owner))) return
    if (task.kind === 'notify') await giveUpNotices({ ...warmup, store: tx }, task, reason)
    else if (message && (task.kind === 'send' || task.kind === 'reply')) {
      const current = await tx.messages.byId(message.id)
      const unknown = current?.state === 'sending' && !isUnsent
      if (await tx.messages.end(message.id, unknown ? 'unknown' : 'failed', reason)) {
        await tx.events.add({ kind: unknown ? 'send_unknown' : 'send_failed', ...about })
        if (unknown) await planLook(tx, current, at)
        if (trouble === 'refused' && account)
          await tx.accountDays.add(account.id, localDateOf(at, account.timeZone), { refused: 1 })
      }
    } else {
      if (message && task.kind === 'settle') await giveUpLook(tx, message.id, reason, at)
      if (message && task.kind === 'open') await tx.messageEndings.giveUpOpening(message.id, reason)
      const news = { tries: task.errors + 1, reason, reasonBefore: task.waitingFor }
      if (!hours || isNews(trouble, news))
        await tx.events.add({ kind: 'task_failed', ...about, data: { task: task.kind, reason } })
    }
    if (hours) await tx.tasks.retry(task.id, owner, new Date(at.getTime() + hours * 3_600_000), reason)
    else await tx.tasks.finish(task.id, owner)
  })
  log.warn({ taskId: task.id, kind: task.kind, messageId: message?.id, reason }, 'task given up')
}
