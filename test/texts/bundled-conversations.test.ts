import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderSubject, renderTurn } from '../../src/domain/conversation.ts'
import { limits } from '../../src/domain/conversation-lint.ts'
import { loadConversations } from '../../src/texts/load-conversations.ts'

const { texts: conversations } = loadConversations({ path: '/nonexistent', setting: null })

const anyConversation = fc.constantFrom(...conversations)
const anySeed = fc.oneof(fc.integer(), fc.string())
const anyName = fc.oneof(
  fc.constantFrom('Anna', 'Zoë', 'Jean-Luc', 'Łukasz', '李雷', "O'Neill"),
  fc.string({ unit: 'binary' }),
  fc.constant(null),
)

describe('the bundled conversations', () => {
  it('are enough, in the lengths the engagement needs', () => {
    const withTurns = (count: number) => conversations.filter(({ turns }) => turns.length === count).length
    expect(conversations.length).toBeGreaterThanOrEqual(50)
    expect(withTurns(2)).toBeGreaterThanOrEqual(4)
    expect(withTurns(3)).toBeGreaterThanOrEqual(8)
    expect(withTurns(4)).toBeGreaterThanOrEqual(18)
    expect(withTurns(5)).toBeGreaterThanOrEqual(20)
  })

  it('render for any seed and any names, without leftovers and within the limits', () => {
    fc.assert(
      fc.property(anyConversation, anySeed, anyName, anyName, (conversation, seed, sender, recipient) => {
        const subject = renderSubject(conversation, seed)
        expect(subject).not.toMatch(/[{}|\n]|^\s|\s$/)
        expect(subject.length).toBeLessThanOrEqual(limits.subjectLength)
        conversation.turns.forEach((_, index) => {
          const text = renderTurn(conversation, { turn: index + 1, seed, sender, recipient })
          expect(text).not.toMatch(/[{}|\r]|^\s|\s$|\n{3}/)
          expect(text.length).toBeLessThanOrEqual(limits.turnLength)
        })
      }),
      { numRuns: 1000 },
    )
  })

  it.each(conversations.map((conversation) => [conversation.key, conversation] as const))(
    '%s reads well and comes out differently',
    (_key, conversation) => {
      const slips = / {2}| [,.;:!?]|[.!?]"? \p{Ll}|\b(\p{L}+) \1\b|[,.!?;:][,.;:]|\b[Aa] [aeio]/u
      conversation.turns.forEach((_, index) => {
        const texts = new Set<string>()
        for (let seed = 0; seed < 200; seed++) {
          const text = renderTurn(conversation, { turn: index + 1, seed, sender: 'Kim', recipient: null })
          expect(text).not.toMatch(slips)
          expect(text).toMatch(/^\p{Lu}/u)
          texts.add(text)
        }
        expect(texts.size).toBeGreaterThanOrEqual(12)
      })
    },
  )

  it('give hundreds of variants each', () => {
    for (const conversation of conversations) {
      const texts = new Set<string>()
      for (let seed = 0; seed < 400; seed++) {
        const mails = conversation.turns.map((_, index) =>
          renderTurn(conversation, { turn: index + 1, seed, sender: 'Anna', recipient: 'Ben' }),
        )
        texts.add([renderSubject(conversation, seed), ...mails].join('\n'))
      }
      expect(texts.size, conversation.key).toBeGreaterThan(300)
    }
  })
})
