import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'

const MICROSECONDS = 200

/** A V8 CPU profile of what `work` did, into a file that Chrome's developer tools and `speedscope` open. */
export async function profiled<T>(file: string | null, work: () => Promise<T>): Promise<T> {
  if (file === null) return work()
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: MICROSECONDS })
  await session.post('Profiler.start')
  const result = await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  await writeFile(file, JSON.stringify(profile))
  return result
}
