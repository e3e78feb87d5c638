import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MESSAGE_STATES } from '../../src/domain/message.ts'
import { MESSAGE_TRANSITIONS, TASK_TRANSITIONS } from '../../src/domain/transitions.ts'

type Transition = { from: string; to: string; when: string }

const document = readFileSync('docs/guarantees.md', 'utf8')

/** The lines of the diagram under a heading. */
function diagramOf(heading: string): string[] {
  const [, diagram = ''] =
    document.match(new RegExp(`### ${heading}\\n[^]*?\`\`\`mermaid\\n([^]*?)\`\`\``)) ?? []
  return diagram.trim().split(/\n\s*/)
}

/** What the diagram must say, line by line; what leads nowhere ends there. */
function expected(transitions: readonly Transition[], first: string): string[] {
  const last = new Set(transitions.map(({ to }) => to))
  for (const { from } of transitions) last.delete(from)
  return [
    'stateDiagram-v2',
    `[*] --> ${name(first)}`,
    ...transitions.map(({ from, to, when }) => `${name(from)} --> ${name(to)}: ${when}`),
    ...[...last].map((state) => `${name(state)} --> [*]`),
  ]
}

const name = (state: string) => state.replaceAll(' ', '_')

test('the diagram of a message’s states names exactly the ways that the code knows', () => {
  expect(diagramOf('A message')).toEqual(expected(MESSAGE_TRANSITIONS, 'planned'))
})

test('the diagram of a task’s states names exactly the ways that the code knows', () => {
  expect(diagramOf('A task')).toEqual(expected(TASK_TRANSITIONS, 'waiting'))
})

test('every state of a message can be reached', () => {
  const reached = new Set<string>(['planned', ...MESSAGE_TRANSITIONS.map(({ to }) => to)])
  expect(reached).toEqual(new Set(MESSAGE_STATES))
})
