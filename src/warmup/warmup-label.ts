import { GoogleError } from '../domain/errors.ts'
import { changesNothing, type LabelChange } from '../domain/message.ts'
import type { Run, Warmup } from './dependencies.ts'

/**
 * Changes the labels of one of our mails, its warmup label among them. Where Gmail refuses, somebody may have deleted that
 * label by hand: it is made anew. Where it refuses that one too (a name of its own, say), the rest is done without it.
 */
export async function changeLabels(
  warmup: Warmup,
  run: Run,
  messageId: string,
  change: (labelId: string | null) => LabelChange,
): Promise<void> {
  const modify = async (labelId: string | null) => {
    const labels = change(labelId)
    if (!changesNothing(labels)) await run.ask((mailbox) => mailbox.modifyLabels(messageId, labels))
  }
  const known = knownLabel(run)
  const isWanted = run.engine.labelName !== ''
  if (known !== null && (await isDone(modify(known)))) return
  if (isWanted && (await isDone(makeLabel(warmup, run).then(modify)))) return
  if (isWanted) {
    const { accountId } = run.task
    warmup.log.warn({ accountId, label: run.engine.labelName }, 'Gmail refuses the warmup label')
  }
  await modify(null)
}

/** False where Gmail refused. */
async function isDone(attempt: Promise<void>): Promise<boolean> {
  try {
    await attempt
    return true
  } catch (error) {
    if (error instanceof GoogleError && error.problem === 'refused') return false
    throw error
  }
}

/** The label's id, as it was made or found before under this name. */
function knownLabel({ account, engine }: Run): string | null {
  return engine.labelName !== '' && account.labelName === engine.labelName ? account.labelId : null
}

async function makeLabel({ store }: Warmup, { account, engine, ask }: Run): Promise<string> {
  const id = await ask((mailbox) => mailbox.ensureLabel(engine.labelName))
  await store.accounts.setLabel(account.id, { id, name: engine.labelName })
  return id
}
