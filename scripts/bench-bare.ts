import { type BareOrder, createBareWork } from '../src/bench/bare-work.ts'

// The bare work in a process of its own, as the worker is in one. `npm run bench` starts it.

const work = createBareWork(JSON.parse(process.env.BENCH_SETTINGS ?? '{}'))
process.on('message', async (order: BareOrder) => process.send?.(await work.run(order)))
process.on('disconnect', () => process.exit())
process.on('SIGTERM', () => process.exit())
process.send?.('ready')
