import { fileURLToPath } from 'node:url'
import type { ConversationText } from '../domain/conversation.ts'
import { OperatorError } from '../domain/errors.ts'
import { readFolder, type TextProblem } from './read-folder.ts'

export type TextOrigin = 'bundled' | 'own'
export type LoadedText = ConversationText & { readonly origin: TextOrigin }

export type Conversations = {
  /** Sorted by key, each key once. */
  readonly texts: readonly LoadedText[]
  /** Of the operator's own files; each that has one is left out. */
  readonly problems: readonly TextProblem[]
}

/** Where the operator's own texts are. `setting` is what named the folder; null for the usual one, which may be missing. */
export type OwnFolder = { readonly path: string; readonly setting: string | null }

const BUNDLED_FOLDER = fileURLToPath(new URL('./conversations/', import.meta.url))

/**
 * The bundled texts and the operator's own. An own one of the same name takes the place of a bundled one.
 * @throws OperatorError naming the setting whose folder can't be read
 */
export function loadConversations(own: OwnFolder, bundledFolder: string = BUNDLED_FOLDER): Conversations {
  const bundled = loadBundled(bundledFolder)
  const { texts, problems } = readOwn(own)
  const byKey = new Map(bundled.map((text) => [text.key, { ...text, origin: 'bundled' as TextOrigin }]))
  for (const text of texts) byKey.set(text.key, { ...text, origin: 'own' })
  return deepFreeze({ texts: [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1)), problems })
}

/** @throws one error that lists the problems of all its files, where a text of the bundle is not flawless */
function loadBundled(folder: string): ConversationText[] {
  const { texts, problems } = readFolder(folder)
  const list = problems.map(({ file, line, problem }) => `${file}:${line} ${problem}`)
  if (list.length > 0) throw new Error(`Conversation texts in ${folder}:\n${list.join('\n')}`)
  if (texts.length === 0) throw new Error(`No conversation texts in ${folder}`)
  return texts
}

function readOwn({ path, setting }: OwnFolder): ReturnType<typeof readFolder> {
  try {
    return readFolder(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (setting !== null)
      throw new OperatorError(
        `${setting}=${JSON.stringify(path)}: expected a folder that can be read (${code})`,
      )
    const problem = `expected a folder that can be read (${code})`
    return { texts: [], problems: code === 'ENOENT' ? [] : [{ file: path, line: 1, problem }] }
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part)
  return Object.freeze(value)
}
