import { isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ConversationText, type Problem, parseConversation } from '../domain/conversation.ts'
import { shown } from '../domain/conversation-lint.ts'

/** What is wrong with a file, and in which line; 1 where it is the file itself. */
export type TextProblem = Problem & { readonly file: string }

const SUFFIX = '.txt'
const MOST_BYTES = 100_000
const MOST_FILES = 1000
/** Of one file: what is no conversation at all has a problem in every line. */
const MOST_PROBLEMS = 20
const LINE_FEED = 0x0a

/**
 * Reads the conversation texts of a folder, in the order of their names. A file with problems gives no text.
 * @throws what the file system says of a folder that can't be read
 */
export function readFolder(folder: string): { texts: ConversationText[]; problems: TextProblem[] } {
  const texts: ConversationText[] = []
  const problems: TextProblem[] = []
  const files = readdirSync(folder).filter(isText).sort()
  const [firstTooMany] = files.slice(MOST_FILES)
  if (firstTooMany !== undefined) {
    const problem = `is left out with all after it: the folder has ${files.length} texts, ${MOST_FILES} are allowed`
    problems.push({ file: shown(firstTooMany), line: 1, problem })
  }
  for (const file of files.slice(0, MOST_FILES)) {
    const read = readText(join(folder, file), file.slice(0, -SUFFIX.length))
    if ('key' in read) texts.push(read)
    else for (const { line, problem } of firstOf(read)) problems.push({ file: shown(file), line, problem })
  }
  return { texts, problems }
}

// Editors and macOS leave hidden files behind, such as "._lunch.txt".
function isText(file: string): boolean {
  return file.endsWith(SUFFIX) && !file.startsWith('.')
}

function readText(path: string, key: string): ConversationText | readonly Problem[] {
  // It stands in the database and in addresses of pages.
  if (!/^[\p{L}\d][\p{L}\p{M}\d ._-]{0,79}$/u.test(key))
    return ofWholeFile('its name may hold letters, digits, spaces and . _ - only, at most 80 of them')
  const bytes = bytesOf(path)
  if (typeof bytes === 'string') return ofWholeFile(bytes)
  const line = firstLineNotUtf8(bytes)
  if (line !== null) return [{ line, problem: 'is not UTF-8: save the file in that encoding' }]
  const parsed = parseConversation(key, bytes.toString('utf8'))
  return parsed.ok ? parsed.conversation : parsed.problems
}

/** What the file holds, or why that can't be found out. */
function bytesOf(path: string): Buffer | string {
  try {
    const stats = statSync(path)
    if (stats.isDirectory()) return 'is a folder, not a file'
    // A pipe keeps its reader waiting.
    if (!stats.isFile()) return 'is not a file'
    if (stats.size > MOST_BYTES) return `has ${stats.size} bytes, ${MOST_BYTES} are allowed`
    return readFileSync(path)
  } catch (error) {
    return `can’t be read (${(error as NodeJS.ErrnoException).code})`
  }
}

function firstLineNotUtf8(bytes: Buffer): number | null {
  if (isUtf8(bytes)) return null
  let line = 1
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(LINE_FEED, start)
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
}

function ofWholeFile(problem: string): Problem[] {
  return [{ line: 1, problem }]
}

function firstOf(problems: readonly Problem[]): Problem[] {
  const first = problems.slice(0, MOST_PROBLEMS)
  const next = problems[MOST_PROBLEMS]
  const more = problems.length - MOST_PROBLEMS
  return next ? [...first, { line: next.line, problem: `and ${more} more from here on` }] : first
}
