import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../embedded/postgres.ts'
import { closingAfter } from '../closing.ts'
import { printFigures } from '../figures.ts'
import { ownFolder } from '../folder.ts'
import { commandOf, startProgram } from '../program.ts'
import type { Part } from './part.ts'

/** From `npm start` to its word that it is ready: with nothing there, and once more with what it has left. */
export const measureStart: Part = ({ scripts, onStop: onEnd }) =>
  closingAfter(onEnd, async (onStop) => {
    const folder = await ownFolder(onStop)
    // Not in the project's own folder: an .env there is the operator's.
    const start = commandOf('start', scripts)
      .map((part) => JSON.stringify(part))
      .join(' ')
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, scripts: { start } }))
    const settings = { PORT: String(await freePort()), DATA_DIR: join(folder, 'data') }
    const seconds = async () => {
      const startedAt = performance.now()
      const program = startProgram(['npm', 'start'], { folder, settings })
      onStop(program.stop)
      await program.says('kindling is ready')
      const took = performance.now() - startedAt
      await program.stop()
      return `${(took / 1000).toFixed(1)} s`
    }
    return printFigures('from npm start to ready', [
      { name: 'the first time, making its database', value: await seconds() },
      { name: 'after that', value: await seconds() },
    ])
  })
