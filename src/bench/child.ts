import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Those of Node that production has. */
const flags = ['--max-semi-space-size=16']

export type Child = {
  pid: number
  /** What it says next over its channel. @throws where it has ended instead */
  answer<T>(): Promise<T>
  send(message: object): void
  stop(): Promise<void>
}

/** An entry point in a process of its own, with the settings given and no others, which says first that it is ready. */
export async function startChild(script: URL, settings: object): Promise<Child> {
  const child = spawn(process.execPath, [...flags, script.pathname], {
    env: { PATH: process.env.PATH, BENCH_SETTINGS: JSON.stringify(settings) },
    // Its log is written and thrown away: that is part of its work.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`${script.pathname} ended with ${code}`)),
  )
  ended.catch(() => {})
  const answer = async <T>() => (await Promise.race([once(child, 'message'), ended]))[0] as T
  await answer()
  return {
    pid: child.pid as number,
    answer,
    send: (message) => void child.send(message),
    async stop() {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}
