import fs from 'node:fs'
import type { Change } from './changes.ts'

/** A line of the journal is one transaction: an array of changes that happen together or not at all. */
export type Journal = { write(changes: Change[]): void; close(): void }

const NEWLINE = 0x0a

export function readJournal(file: string, apply: (change: Change) => void): void {
  if (!fs.existsSync(file)) return
  const bytes = fs.readFileSync(file)
  let start = 0
  for (let number = 1; ; number += 1) {
    const end = bytes.indexOf(NEWLINE, start)
    // A last line without its newline was being written when the process died: it never happened.
    if (end < 0) return
    for (const change of readLine(bytes.toString('utf8', start, end), `${file}:${number}`)) apply(change)
    start = end + 1
  }
}

function readLine(line: string, place: string): Change[] {
  try {
    return JSON.parse(line) as Change[]
  } catch (cause) {
    throw new Error(`the sandbox journal is damaged at ${place}`, { cause })
  }
}

/** Replaces the file by the given snapshot, all of it or nothing, and goes on appending to it. */
export function openJournal(file: string, snapshot: Iterable<Change>): Journal {
  const fresh = `${file}.compacting`
  const descriptor = fs.openSync(fresh, 'w')
  for (const change of snapshot) append(descriptor, [change])
  fs.renameSync(fresh, file)
  return {
    write: (changes) => append(descriptor, changes),
    close: () => fs.closeSync(descriptor),
  }
}

function append(descriptor: number, changes: Change[]): void {
  const line = Buffer.from(`${JSON.stringify(changes)}\n`)
  let written = 0
  while (written < line.length) written += fs.writeSync(descriptor, line, written)
}
