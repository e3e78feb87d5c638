import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { eq } from '../../src/db/drizzle.ts'
import { webhooks } from '../../src/db/schema.ts'
import { createSealer } from '../../src/db/sealing.ts'
import { createStore } from '../../src/db/store.ts'
import { requireKeys } from '../../src/start-checks.ts'
import { openWorld } from '../support/world.ts'

test('a start is refused while tokens or webhook secrets need keys that are not there; the message names them', async () => {
  await using world = await openWorld()
  const { db, warmup } = world.runtime
  const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)]
  const [firstId, secondId] = createSealer([first, second]).keyIds
  const storeWith = (key: Buffer) => createStore(db, createSealer([key]))
  await storeWith(first).transaction((tx) =>
    tx.webhooks.add({ url: 'https://a.example.com/', secret: 'hush' }, new Date()),
  )
  await storeWith(second).transaction((tx) =>
    tx.webhooks.add({ url: 'https://b.example.com/', secret: 'hush' }, new Date()),
  )
  await storeWith(second).oneTime.issueState({}, new Date())

  const refused = requireKeys({ warmup: { ...warmup, store: storeWith(third) } })
  await expect(refused).rejects.toThrow('TOKEN_ENCRYPTION_KEYS: expected also ')
  await expect(refused).rejects.toThrow(`the key ${firstId} that seals 1 of webhooks.sealed`)
  await expect(refused).rejects.toThrow(`the key ${secondId} that seals 1 of webhooks.sealed`)
})

test('a start is not held up by a visit that nobody can open, nor by a value that was never sealed', async () => {
  await using world = await openWorld()
  const { db, warmup } = world.runtime
  await createStore(db, createSealer([randomBytes(32)])).oneTime.issueState({}, new Date())
  const id = await warmup.store.transaction((tx) =>
    tx.webhooks.add({ url: 'https://a.example.com/', secret: 'hush' }, new Date()),
  )
  await db.update(webhooks).set({ sealed: 'in clear' }).where(eq(webhooks.id, id))
  const warnings: unknown[][] = []
  warmup.log.warn = (...warning: unknown[]) => void warnings.push(warning)

  await requireKeys({ warmup })
  expect(warnings).toEqual([
    [{ column: 'webhooks.sealed', id }, expect.stringContaining('not a sealed secret')],
  ])
  await expect(warmup.store.webhooks.target(id)).rejects.toThrow('not a sealed secret')
})
