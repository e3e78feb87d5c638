import { expect, test } from 'vitest'
import { createProgressBar } from '../src/progress-bar.ts'

function terminal({ isTTY, columns }: { isTTY: boolean; columns: number }) {
  const written: string[] = []
  return { isTTY, columns, written, write: (text: string) => written.push(text) > 0 }
}

/** What stands on the terminal's last line. */
function lastLine(written: readonly string[]): string {
  return written.join('').split('\r\x1b[K').at(-1) ?? ''
}

test('on a terminal a bar grows, never wider than the terminal, and leaves an empty line', () => {
  const wide = terminal({ isTTY: true, columns: 100 })
  const bar = createProgressBar(4, wide)
  bar.advance()
  expect(lastLine(wide.written)).toBe(`${'█'.repeat(10)}${'░'.repeat(30)} 1 of 4`)
  bar.advance(3)
  expect(lastLine(wide.written)).toBe(`${'█'.repeat(40)} 4 of 4`)
  bar.remove()
  expect(lastLine(wide.written)).toBe('')

  const narrow = terminal({ isTTY: true, columns: 12 })
  createProgressBar(4, narrow).advance(2)
  expect(lastLine(narrow.written)).toHaveLength(11)
})

test('in a pipe, or with nothing to do, it writes nothing', () => {
  const pipe = terminal({ isTTY: false, columns: 100 })
  const idle = terminal({ isTTY: true, columns: 100 })
  for (const bar of [createProgressBar(4, pipe), createProgressBar(0, idle)]) {
    bar.advance()
    bar.remove()
  }
  expect([...pipe.written, ...idle.written]).toEqual([])
})
