import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OperatorError } from '../domain/errors.ts'
import type { MailRule } from '../domain/mail-class.ts'
import { readMailRules } from './read-mail-rules.ts'

const BUNDLED_FILE = fileURLToPath(new URL('./mail-rules.json', import.meta.url))

/**
 * The rules that say what a mail is: the operator's own file, or the bundled one.
 * @param own the file that MAIL_RULES_FILE names
 * @throws OperatorError that names the file, the rule and what was expected
 */
export function loadMailRules(own: string | undefined, bundled = BUNDLED_FILE): MailRule[] {
  const file = own ?? bundled
  try {
    return readMailRules(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new OperatorError(`MAIL_RULES_FILE=${JSON.stringify(file)}: ${problemOf(error)}`)
  }
}

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code) return `expected a file that can be read (${code})`
  return error instanceof SyntaxError ? `expected JSON (${message})` : message
}
