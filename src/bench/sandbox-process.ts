import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from '../embedded/postgres.ts'

type ControlMethod = 'GET' | 'POST' | 'DELETE'

export type SandboxProcess = {
  pid: number
  /** The settings that lead to it. */
  settings: Record<string, string>
  control<T>(method: ControlMethod, path: string, body?: object): Promise<T>
  stop(): Promise<void>
}

const LAST_SETTING = 'GOOGLE_CLIENT_SECRET'

/** The simulated Google in a process of its own, in the wall's time unless told otherwise, so that what it costs is not measured. */
export async function startSandboxProcess(
  script: URL,
  environment: Record<string, string> = {},
): Promise<SandboxProcess> {
  const child = spawn(process.execPath, [script.pathname], {
    env: {
      PATH: process.env.PATH,
      SANDBOX_PORT: String(await freePort()),
      SANDBOX_SPEED: '1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const settings: Record<string, string> = {}
  for await (const line of createInterface(child.stdout)) {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    settings[name] = value
    if (name === LAST_SETTING) break
  }
  if (!settings[LAST_SETTING]) throw new Error('the sandbox did not start')

  return {
    pid: child.pid as number,
    settings,
    async control<T>(method: ControlMethod, path: string, body?: object) {
      const response = await fetch(new URL(`/sandbox/${path}`, settings.GOOGLE_API_ROOT), {
        method,
        headers: { 'x-sandbox-control': '1', 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
      return (response.status === 204 ? undefined : await response.json()) as T
    },
    async stop() {
      child.kill()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** From now on every call of Gmail takes so long, in milliseconds. */
export async function answerAfter({ control }: SandboxProcess, delayMs: number): Promise<void> {
  await control('DELETE', 'faults')
  if (delayMs > 0) await control('POST', 'faults', { path: '^/gmail/', count: 1_000_000_000, delayMs })
}
