import { runWorkerProcess } from '../src/worker-process.ts'

await runWorkerProcess(['sync'])
