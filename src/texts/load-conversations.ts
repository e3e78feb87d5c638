import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ConversationText, parseConversation } from '../domain/conversation.ts'

const bundled = fileURLToPath(new URL('./conversations/', import.meta.url))

/** Reads every conversation text of a folder; throws one error that lists all the problems it found. */
export function loadConversations(folder: string = bundled): readonly ConversationText[] {
  const conversations: ConversationText[] = []
  const problems: string[] = []
  for (const file of readdirSync(folder).filter(isText).sort()) {
    const parsed = parseConversation(file.slice(0, -'.txt'.length), readFileSync(join(folder, file), 'utf8'))
    if (parsed.ok) conversations.push(deepFreeze(parsed.conversation))
    else for (const { line, problem } of parsed.problems) problems.push(`${file}:${line} ${problem}`)
  }
  if (problems.length > 0) throw new Error(`Conversation texts in ${folder}:\n${problems.join('\n')}`)
  if (conversations.length === 0) throw new Error(`No conversation texts in ${folder}`)
  return Object.freeze(conversations.sort((a, b) => (a.key < b.key ? -1 : 1)))
}

// Editors and macOS leave hidden files behind, such as "._lunch.txt".
function isText(file: string): boolean {
  return file.endsWith('.txt') && !file.startsWith('.')
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part)
  return Object.freeze(value)
}
