import { expect, test } from 'vitest'
import { CONTRACT_IS_HERE, type ContractProxy, startContractProxy } from '../support/contract-proxy.ts'
import { openWorld } from '../support/world.ts'

const ANNA = 'anna@example.com'
const AN_HOUR = 3_600_000

test.skipIf(!CONTRACT_IS_HERE)(
  'fetching mail keeps to Google’s own description of the Gmail API',
  async () => {
    await using stack = new AsyncDisposableStack()
    let proxy: ContractProxy | undefined
    const between = async (origin: string) => {
      proxy = stack.use(await startContractProxy(origin))
      return proxy.origin
    }
    await using world = await openWorld({ between, environment: { SYNC_EVERY_MINUTES: '60' } })
    const { id } = await world.connect(ANNA, { kind: 'vault' })
    const { control } = world.sandbox
    const round = async (subject: string, { isForgotten = false } = {}) => {
      control.deliverForeign(ANNA, { from: 'carl@elsewhere.example', subject, text: 'Hi' })
      if (isForgotten) control.forgetHistory(ANNA)
      await world.runUntil(new Date(world.clock.now().getTime() + AN_HOUR))
    }
    await round('by search')
    await round('by history')
    await world.runtime.warmup.store.mailboxes.updateSettings(id, {
      everyMinutes: 60,
      filter: 'is:unread subject:filter',
      keepsBodies: true,
    })
    await round('by a filter, with its text')
    await round('by search and a filter', { isForgotten: true })

    const report = await proxy?.report()
    expect(report?.violations).toEqual([])
    const seen = new Map(report?.seen)
    expect(seen.get('gmail.users.history.list 200')).toBeGreaterThanOrEqual(2)
    expect(seen.get('gmail.users.history.list 404')).toBe(1)
    expect(seen.get('gmail.users.messages.list 200')).toBeGreaterThanOrEqual(3)
    expect(seen.get('gmail.users.messages.get 200')).toBe(4)
  },
)
