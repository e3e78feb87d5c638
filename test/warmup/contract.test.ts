import { expect, test } from 'vitest'
import { CONTRACT_IS_HERE, type ContractProxy, startContractProxy } from '../support/contract-proxy.ts'
import { openWorld } from '../support/world.ts'

test.skipIf(!CONTRACT_IS_HERE)(
  'a full warmup keeps to Google’s own description of the Gmail API',
  async () => {
    await using stack = new AsyncDisposableStack()
    let proxy: ContractProxy | undefined
    const between = async (origin: string) => {
      proxy = stack.use(await startContractProxy(origin))
      return proxy.origin
    }
    await using world = await openWorld({ between })
    await world.connect('anna@example.com', { openRate: 1, replyRate: 1 })
    await world.connect('ben@example.org', { kind: 'pool', replyRate: 1 })
    world.sandbox.control.addFault({ path: '/drafts/send', drop: 'after', count: 2 })
    world.sandbox.control.addFault({
      path: '/messages/',
      method: 'GET',
      status: 503,
      reason: 'backendError',
      count: 2,
    })

    await world.runUntil(new Date('2026-03-04T22:00:00Z'))

    const report = await proxy?.report()
    expect(report?.violations).toEqual([])
    const seen = new Map(report?.seen)
    expect(seen.get('gmail.users.drafts.send 200')).toBeGreaterThan(20)
    expect(seen.get('gmail.users.messages.modify 200')).toBeGreaterThan(10)
    expect(seen.get('gmail.users.threads.get 200')).toBe(2)
  },
)
