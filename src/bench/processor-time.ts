import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second whatever its kernel's own tick is: USER_HZ, see time(7). */
const TICK_MS = 10

/**
 * Milliseconds that processes have computed so far, with their children, running and gone; null where the system does not
 * tell (as Linux does, proc_pid_stat(5)), or where one of them is not known.
 */
export function processorTime(pids: readonly (number | null)[]): number | null {
  try {
    if (!pids.every((pid) => pid !== null)) return null
    const children = Map.groupBy(listProcesses(), ({ parent }) => parent)
    const total = (pid: number): number => {
      const { ms } = readProcess(pid)
      return (children.get(pid) ?? []).reduce((sum, child) => sum + total(child.pid), ms)
    }
    return pids.reduce((sum, pid) => sum + total(pid), 0)
  } catch {
    return null
  }
}

type Seen = { pid: number; parent: number; ms: number }

function listProcesses(): Seen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readProcess(Number(name))]
      } catch {
        return [] // ended meanwhile
      }
    })
}

function readProcess(pid: number): Seen {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold anything; what follows it begins with the third field.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number) => Number(fields[number - 3])
  return { pid, parent: field(4), ms: (field(14) + field(15) + field(16) + field(17)) * TICK_MS }
}
