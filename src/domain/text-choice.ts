import type { ConversationText } from './conversation.ts'
import { type Random, randomInteger } from './random.ts'

/** How often each text was begun. */
export function countTexts(messages: readonly { textKey: string }[]): Map<string, number> {
  const byText = Map.groupBy(messages, ({ textKey }) => textKey)
  return new Map([...byText].map(([key, some]) => [key, some.length]))
}

/** Chooses among the texts that were used least; counts the use in `uses`. */
export function chooseText(
  texts: readonly ConversationText[],
  uses: Map<string, number>,
  random: Random,
): ConversationText {
  const usesOf = ({ key }: ConversationText) => uses.get(key) ?? 0
  const fewest = Math.min(...texts.map(usesOf))
  const freshest = texts.filter((text) => usesOf(text) === fewest)
  const text = freshest[randomInteger(random, 0, freshest.length - 1)]
  if (!text) throw new Error('there are no conversation texts')
  uses.set(text.key, fewest + 1)
  return text
}
