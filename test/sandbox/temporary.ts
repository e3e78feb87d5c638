import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** A directory that goes away with the test. */
export function temporary(): Disposable & { file(name: string): string } {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'sandbox-'))
  return {
    file: (name) => path.join(directory, name),
    [Symbol.dispose]: () => fs.rmSync(directory, { recursive: true }),
  }
}
