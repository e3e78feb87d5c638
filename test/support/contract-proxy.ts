import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { freePort } from '../../src/embedded/postgres.ts'

// Google's discovery document is not part of this repository. Who has it beside the checkout, with the
// proxy that checks requests and answers against it, runs these tests too.
const FOLDER = path.resolve(import.meta.dirname, '../../../shared/contract')
const PROXY = path.join(FOLDER, 'gmail-contract.mjs')
export const DISCOVERY_DOCUMENT = path.join(FOLDER, 'gmail.v1.json')

export const CONTRACT_IS_HERE = existsSync(PROXY)
if (!CONTRACT_IS_HERE)
  console.warn(`SKIPPED: nothing was held against Google's contract, there is no ${PROXY}`)

export type ContractReport = { seen: [call: string, count: number][]; violations: [string, number][] }
export type ContractProxy = AsyncDisposable & { origin: string; report(): Promise<ContractReport> }

/** A proxy before a simulated Gmail that holds what passes against Google's own description of its API. */
export async function startContractProxy(upstream: string): Promise<ContractProxy> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [PROXY], {
    env: { ...process.env, UPSTREAM: upstream, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    origin,
    report: async () => (await (await fetch(`${origin}/__report`)).json()) as ContractReport,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}
