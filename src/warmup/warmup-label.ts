import { GoogleError } from '../domain/errors.ts'
import type { LabelChange } from '../domain/message.ts'
import type { Run, Warmup } from './dependencies.ts'

/** The id of the label that warmup mail bears in this mailbox, made where it is not there; null: mail is not labelled. */
export async function warmupLabel({ store }: Warmup, run: Run): Promise<string | null> {
  const { account, engine } = run
  if (engine.labelName === '') return null
  if (account.labelId !== null && account.labelName === engine.labelName) return account.labelId
  const id = await run.ask((mailbox) => mailbox.ensureLabel(engine.labelName))
  await store.accounts.setLabel(account.id, { id, name: engine.labelName })
  return id
}

/**
 * Changes the labels of one of our mails, its warmup label among them. Where Gmail refuses, somebody may have deleted
 * that label by hand: it is made again, once.
 */
export async function changeLabels(
  warmup: Warmup,
  run: Run,
  messageId: string,
  change: (labelId: string | null) => LabelChange,
): Promise<void> {
  const modify = async (ofRun: Run) => {
    const labels = change(await warmupLabel(warmup, ofRun))
    if (labels.add.length + labels.remove.length > 0)
      await ofRun.ask((mailbox) => mailbox.modifyLabels(messageId, labels))
  }
  try {
    await modify(run)
  } catch (error) {
    const mayBeDeleted =
      run.account.labelId !== null && error instanceof GoogleError && error.problem === 'refused'
    if (!mayBeDeleted) throw error
    await warmup.store.accounts.setLabel(run.account.id, null)
    await modify({ ...run, account: { ...run.account, labelId: null, labelName: null } })
  }
}
