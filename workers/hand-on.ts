import { runWorkerProcess } from '../src/worker-process.ts'

await runWorkerProcess(['hand_on'])
