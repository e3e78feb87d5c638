import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConversations } from '../../src/texts/load-conversations.ts'

const good = 'Subject: Lunch\n\nHi {{recipient}},\n---\nHello.\n'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conversation texts '))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

describe('loadConversations', () => {
  it('reads the text files of a folder, sorted by key', () => {
    write({ 'b.txt': good, 'a-b.txt': good, 'a.txt': good, 'README.md': 'no', '._a.txt': 'no' })
    expect(loadConversations(folder).map((conversation) => conversation.key)).toEqual(['a', 'a-b', 'b'])
  })

  it('lists all problems of all files in one error', () => {
    write({
      'a.txt': good,
      'b.txt': good.replace('Hi', '{Hi'),
      'c.txt': 'Subject: {a|}\n\nSee www.example.com\n',
    })
    expect(() => loadConversations(folder)).toThrow(
      [
        `Conversation texts in ${folder}:`,
        'b.txt:3 unbalanced or nested braces; a choice must end on the same line',
        'c.txt:1 empty choice in {a|}',
        'c.txt:1 a conversation has 2 to 5 mails, this one has 1',
        'c.txt:3 looks like a link or an address: "www.example.com"',
      ].join('\n'),
    )
  })

  it('refuses a folder without texts', () => {
    expect(() => loadConversations(folder)).toThrow('No conversation texts')
  })

  it('returns conversations that nobody can change', () => {
    write({ 'a.txt': good })
    const [conversation] = loadConversations(folder)
    expect(Object.isFrozen(conversation)).toBe(true)
    expect(Object.isFrozen(conversation?.turns)).toBe(true)
    expect(Object.isFrozen(conversation?.variables)).toBe(true)
  })
})
