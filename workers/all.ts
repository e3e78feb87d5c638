import { TASK_KINDS } from '../src/domain/task.ts'
import { runWorkerProcess } from '../src/worker-process.ts'

await runWorkerProcess(TASK_KINDS)
