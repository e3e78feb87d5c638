import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const good = 'Subject: Lunch\n\nHi {{recipient}},\n---\nHello.\n'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own texts '))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The script as `npm run texts:check` runs it, with nothing set that the app would need. */
function check(settings: Record<string, string>, ...parameters: string[]) {
  const { PATH, HOME } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check-texts.ts', ...parameters], {
    env: { PATH, HOME, DATA_DIR: join(folder, 'no data'), ...settings },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('texts:check says file and line of each problem and how many files are good, and exits with 1', () => {
  writeFileSync(join(folder, 'a.txt'), good)
  writeFileSync(join(folder, 'b.txt'), good.replace('Hi', '{Hi').replace('Hello', 'See example.com'))
  const path = join(relative('', folder), 'b.txt')
  expect(check({}, folder)).toEqual({
    status: 1,
    stdout: [
      `${path}:3 unbalanced or nested braces; a choice must end on the same line`,
      `${path}:5 looks like a link or an address: "example.com"`,
      `${folder}: 1 good, 1 left out\n`,
    ].join('\n'),
    stderr: '',
  })
})

test('it exits with 0 where all files are good', () => {
  writeFileSync(join(folder, 'a.txt'), good)
  expect(check({}, folder)).toMatchObject({ status: 0, stdout: `${folder}: 1 good, 0 left out\n` })
})

test('without a folder it reads the one that the app reads', () => {
  expect(check({})).toMatchObject({ status: 0, stdout: expect.stringContaining('there is no such folder') })
  writeFileSync(join(folder, 'a.txt'), good)
  expect(check({ CONVERSATIONS_DIR: folder }).stdout).toBe(`${folder}: 1 good, 0 left out\n`)
  const usual = join(folder, 'conversations')
  mkdirSync(usual)
  writeFileSync(join(usual, 'b.txt'), 'Hello')
  expect(check({ DATA_DIR: folder })).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('b.txt:1 the first line must be "Subject: "'),
  })
})

test('it exits with 2 where the folder can’t be read, and where it is asked for what it does not know', () => {
  const missing = join(folder, 'missing')
  const words = `${JSON.stringify(missing)}: expected a folder that can be read (ENOENT)\n`
  expect(check({}, missing)).toEqual({ status: 2, stdout: '', stderr: `folder=${words}` })
  expect(check({ CONVERSATIONS_DIR: missing })).toMatchObject({
    status: 2,
    stderr: `CONVERSATIONS_DIR=${words}`,
  })
  writeFileSync(join(folder, 'conversations'), good)
  expect(check({ DATA_DIR: folder })).toMatchObject({ status: 2, stderr: expect.stringContaining('ENOTDIR') })
  for (const parameters of [['--fast'], [folder, folder]])
    expect(check({}, ...parameters)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('usage: npm run texts:check'),
    })
  expect(check({ PORT: 'http' }, '--help')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('usage'),
  })
})
