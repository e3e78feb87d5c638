import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ownTextsOf } from '../src/config.ts'
import { OperatorError } from '../src/domain/errors.ts'
import { runProcess } from '../src/process.ts'
import { loadConversations } from '../src/texts/load-conversations.ts'

// Reads conversation texts as the app does and says what is wrong with them. Exit status: 0 nothing, 1 some files have
// problems, 2 the folder can't be read.

const USAGE = 'usage: npm run texts:check -- [FOLDER]'

// Needs no settings.
if (process.argv.includes('--help')) {
  console.log(USAGE)
  process.exit()
}

await runProcess(async ({ config }) => {
  const given = givenFolder()
  const own = given === undefined ? ownTextsOf(config) : { path: resolve(given), setting: 'folder' }
  if (own.setting === null && !existsSync(own.path))
    return console.log(`${own.path}: there is no such folder, so the bundled conversations are all there are`)
  const { texts, problems } = loadConversations({ path: own.path, setting: own.setting ?? 'folder' })
  for (const { file, line, problem } of problems)
    console.log(`${join(relative('', own.path), file)}:${line} ${problem}`)

  const good = texts.filter(({ origin }) => origin === 'own').length
  const leftOut = new Set(problems.map(({ file }) => file)).size
  console.log(`${own.path}: ${good} good, ${leftOut} left out`)
  if (leftOut > 0) process.exitCode = 1
})

function givenFolder(): string | undefined {
  try {
    const { positionals } = parseArgs({ allowPositionals: true })
    if (positionals.length > 1) throw new Error(`expected one folder, not ${positionals.length}`)
    return positionals[0]
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`)
  }
}
