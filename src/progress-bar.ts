import type { WriteStream } from 'node:tty'

export type ProgressBar = { advance(steps?: number): void; remove(): void }

const WIDTH = 40
const ERASE_LINE = '\r\x1b[K'

/** A bar on a terminal, gone without a trace once it is removed; nothing at all in a pipe. */
export function createProgressBar(
  total: number,
  terminal: Pick<WriteStream, 'isTTY' | 'columns' | 'write'> = process.stderr,
): ProgressBar {
  if (!terminal.isTTY || total === 0) return { advance() {}, remove() {} }
  let done = 0
  const draw = () => {
    const count = ` ${done} of ${total}`
    const width = Math.max(0, Math.min(WIDTH, terminal.columns - count.length - 1))
    const filled = Math.round((Math.min(done, total) / total) * width)
    terminal.write(`${ERASE_LINE}${'█'.repeat(filled)}${'░'.repeat(width - filled)}${count}`)
  }
  draw()
  return {
    advance(steps = 1) {
      done += steps
      draw()
    },
    remove: () => void terminal.write(ERASE_LINE),
  }
}
