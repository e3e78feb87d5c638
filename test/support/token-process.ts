import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from './child-environment.ts'
import type { World } from './world.ts'

export type ChildOrder =
  | { kind: 'ask'; accountId: number; times: number }
  | { kind: 'replace'; accountIds: number[]; atOnce: number }

/** A worker process of its own that asks for tokens when it is told to. */
export type TokenProcess = AsyncDisposable & {
  /** Asks for one account's token many times at once; resolves with the different tokens that it was given. */
  ask(accountId: number, times: number): Promise<string[]>
  /** Replaces tokens, `atOnce` of them at a time, until the process is killed. */
  replace(accountIds: number[], atOnce: number): void
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>
}

export async function startTokenProcess(world: World): Promise<TokenProcess> {
  const { TOKEN_ENCRYPTION_KEYS, DATABASE_URL, BASE_URL } = world.config
  const child = spawn(process.execPath, [fileURLToPath(new URL('token-child.ts', import.meta.url))], {
    env: {
      ...childEnvironment(),
      ...world.sandbox.settings,
      DATABASE_URL,
      BASE_URL,
      TOKEN_ENCRYPTION_KEYS: TOKEN_ENCRYPTION_KEYS[0]?.toString('base64'),
      LOG_LEVEL: 'error',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const order = (what: ChildOrder) => child.stdin.write(`${JSON.stringify(what)}\n`)
  await lines.next()
  return {
    async ask(accountId, times) {
      order({ kind: 'ask', accountId, times })
      const { value } = await lines.next()
      return JSON.parse(value as string) as string[]
    },
    replace: (accountIds, atOnce) => void order({ kind: 'replace', accountIds, atOnce }),
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await gone
    },
  }
}
