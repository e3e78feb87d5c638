import { expect, test, vi } from 'vitest'
import { openGoogle, PATHS, rejectionOf } from '../support/google.ts'
import { connectCheaply, TOKEN_REQUEST } from '../support/tokens.ts'
import { openWorld } from '../support/world.ts'

const HOUR = 3_600_000
/** Longer than a test may last. */
const NEVER_MS = 100_000

test('an answer of Gmail that takes too long is given up, and may have been done', async () => {
  await using google = await openGoogle({ timeoutMs: 50 })
  google.sandbox.control.addFault({ path: PATHS.gmail, delayMs: 500 })
  expect(await rejectionOf(google.ask.gmail())).toMatchObject({ problem: 'passing', mayBeDone: true })
})

// Well before the 20 s after which Gmail’s answer is given up anyway.
test('a run that has to stop does not wait for what it asks of Gmail', async () => {
  await using world = await openWorld()
  const { id } = await connectCheaply(world, 'anna@example.com')
  const stop = new AbortController()
  const ask = await world.runtime.warmup.openMailbox(id, { signal: stop.signal })
  const fault = world.sandbox.control.addFault({ path: '^/gmail/', delayMs: NEVER_MS })
  const asked = rejectionOf(ask((mailbox) => mailbox.address()))
  await vi.waitFor(() => expect(fault.count).toBe(0))
  stop.abort(new Error('the process is stopping'))
  expect(await asked).toMatchObject({ problem: 'passing', mayBeDone: true })
}, 15_000)

test('a run that has to stop does not wait for a token, and the refresh is kept all the same', async () => {
  await using world = await openWorld()
  const { id } = await connectCheaply(world, 'anna@example.com')
  const { warmup } = world.runtime
  const before = (await warmup.store.tokens.of(id))?.version ?? 0
  world.clock.pass(2 * HOUR)
  const fault = world.sandbox.control.addFault({ ...TOKEN_REQUEST, delayMs: 400 })
  const stop = new AbortController()
  let isAnswered = false
  const opened = rejectionOf(warmup.openMailbox(id, { signal: stop.signal }))
  await vi.waitFor(() => expect(fault.count).toBe(0))
  const refreshed = warmup.authenticateAndUpdateToken(id).then(() => {
    isAnswered = true
  })
  stop.abort(new Error('the task’s lease was lost'))
  expect(await opened).toMatchObject({
    problem: 'passing',
    message: 'interrupted: the task’s lease was lost',
  })
  expect(isAnswered).toBe(false)
  await refreshed
  expect((await warmup.store.tokens.of(id))?.version).toBe(before + 1)
})
