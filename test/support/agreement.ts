import { expect } from 'vitest'
import { messages } from '../../src/db/schema.ts'
import type { Runtime } from '../../src/runtime.ts'
import type { Sandbox } from '../../src/sandbox/server.ts'

export type Ledger = ReturnType<Sandbox['control']['ledger']>

export async function messagesOf({ db }: Runtime) {
  return db.select().from(messages).orderBy(messages.id)
}

/**
 * Holds the database against what the simulated Google has seen: every mail that one of them knows as sent, the other
 * knows too, once; what was delivered, opened and rescued in the one was so in the other.
 */
export async function expectAgreement(runtime: Runtime, ledger: Ledger): Promise<void> {
  const rows = await messagesOf(runtime)
  const sent = ledger.flatMap((fact) => (fact.kind === 'sent' ? [fact.rfcMessageId] : []))
  const believedSent = rows.filter(({ state }) => state === 'sent').map(({ rfcMessageId }) => rfcMessageId)
  expect(sent.toSorted()).toEqual(believedSent.toSorted())
  expect(new Set(sent).size).toBe(sent.length)
  expect(rows.filter(({ state }) => state === 'sending' || state === 'unknown')).toEqual([])

  const byId = new Map(rows.map((row) => [row.rfcMessageId, row]))
  for (const fact of ledger) {
    if (fact.kind === 'sent') expect(byId.get(fact.rfcMessageId)?.gmailMessageId).toBe(fact.messageId)
    if (fact.kind === 'modified') {
      const row = byId.get(fact.rfcMessageId)
      // The sender's own copy gets its label and nothing else.
      if (fact.messageId === row?.gmailMessageId) {
        expect([fact.removed, fact.added.length]).toEqual([[], 1])
        continue
      }
      expect(row?.recipientMessageId).toBe(fact.messageId)
      if (fact.removed.includes('UNREAD')) expect(row?.opens).toBe(true)
      if (fact.removed.includes('SPAM')) expect(row?.placement).toBe('spam')
    }
  }
  for (const row of rows) {
    if (row.openedAt === null) continue
    const marked = ledger.filter(
      (fact) =>
        fact.kind === 'modified' &&
        fact.messageId === row.recipientMessageId &&
        fact.removed.includes('UNREAD'),
    )
    expect(marked).toHaveLength(1)
  }
}
