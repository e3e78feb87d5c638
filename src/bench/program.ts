import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Program = {
  pid: number
  /** Waits for a line of what it says. @throws where it has ended before */
  says(words: string): Promise<void>
  stop(): Promise<void>
}

/** What `npm run` starts by this name, with paths that hold in any folder. */
export function commandOf(name: 'start' | 'web' | 'workers', entries: URL): [string, ...string[]] {
  const home = new URL('../', entries)
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8')) as {
    scripts: Record<typeof name, string>
  }
  const [program = '', ...rest] = scripts[name].split(' ')
  return [program, ...rest.map((part) => (part.includes('/') ? fileURLToPath(new URL(part, home)) : part))]
}

/** A program in a folder where no settings of anybody lie about, with those given and no others. */
export function startProgram(
  command: readonly [string, ...string[]],
  { folder, settings }: { folder: string; settings: Record<string, string> },
): Program {
  const [file, ...rest] = command
  const child = spawn(file, rest, {
    cwd: folder,
    // The Node that runs this goes before the machine's own.
    env: { ...settings, PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: process.env.HOME },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: what npm starts is to hear the signal as well.
    detached: true,
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
  })
  const closed = once(child, 'close')
  return {
    pid: child.pid as number,
    async says(words) {
      while (!output.includes(words)) {
        const [ended] = await Promise.race([
          once(child.stdout, 'data').then(() => []),
          closed.then(() => ['ended']),
        ])
        if (ended) throw new Error(`${command.join(' ')} ended before it said “${words}”: ${output}`)
      }
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null)
        process.kill(-(child.pid as number), 'SIGTERM')
      await closed
    },
  }
}

/** Megabytes of a process that are in memory; null where the system does not tell. */
export function memoryOf(pid: number): number | null {
  try {
    const [, kilobytes] = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes) / 1024
  } catch {
    return null
  }
}
