import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseConfig, requireComplete } from '../../src/config.ts'
import { wallClock } from '../../src/domain/clock.ts'
import { createLogger } from '../../src/logger.ts'
import { createRuntime } from '../../src/runtime.ts'
import type { ChildOrder } from './token-process.ts'

/** A worker process that does nothing but ask for tokens; its orders come as lines of JSON on standard input. */
const config = requireComplete(parseConfig(process.env))
const { warmup, close } = createRuntime(config, wallClock, createLogger(config.LOG_LEVEL))

const orders = createInterface({ input: process.stdin })
orders.on('line', async (line) => {
  const order = JSON.parse(line) as ChildOrder
  if (order.kind === 'ask') {
    const asked = Array.from({ length: order.times }, () =>
      warmup.authenticateAndUpdateToken(order.accountId),
    )
    const tokens = await Promise.all(asked)
    console.log(JSON.stringify([...new Set(tokens.map(({ accessToken }) => accessToken))]))
  } else {
    for (let i = 0; i < order.atOnce; i += 1) void replaceForEver(order.accountIds)
  }
})
console.log('ready')
await once(orders, 'close')
await close()

/** Replaces the token of one account after the other, until this process is killed. */
async function replaceForEver(accountIds: readonly number[]): Promise<never> {
  for (;;) {
    const accountId = accountIds[Math.floor(Math.random() * accountIds.length)] as number
    const stored = await warmup.store.tokens.of(accountId)
    await warmup.authenticateAndUpdateToken(accountId, { newerThan: stored?.version ?? 0 })
  }
}
