/** Longer than any phrase that is looked for. */
const REACH = 40
/** Over how many neighbours, choices and what stands between them, a phrase is followed. */
const NEIGHBOURS = 4
/** Of one line: a good one has less than a hundred. */
const MOST = 500

type Variables = Readonly<Record<string, readonly string[]>>

const part = /(\{\{[^{}]*\}\}|\{(?!\{)(?:[^{}]|\{\{[^{}]*\}\})*\})/

/**
 * What a line of a conversation can come out as where its choices and variables meet each other and the words around
 * them: "{special|nice} {offer|idea}" gives "special offer" too. What is cut off on a side is marked with an x, so that
 * no part of a word looks like a whole one.
 */
export function crossings(line: string, variables: Variables): string[] {
  const segments = line.split(part).flatMap((text) => (text === '' ? [] : [outcomes(text, variables)]))
  const found: string[] = []
  for (const text of allFrom(segments)) if (found.push(text) === MOST) break
  return found
}

function* allFrom(segments: string[][]): Generator<string> {
  for (const [index, options] of segments.slice(0, -1).entries())
    for (const option of new Set(options.map(tail))) yield* follow(option, segments, index + 1, NEIGHBOURS)
}

function* follow(text: string, segments: string[][], next: number, neighbours: number): Generator<string> {
  const options = segments[next]
  if (options === undefined || neighbours === 0) return yield text
  for (const option of options) {
    if (option.length >= REACH) yield `${text}${option.slice(0, REACH)}x`
    else yield* follow(text + option, segments, next + 1, neighbours - 1)
  }
}

function tail(option: string): string {
  return option.length > REACH ? `x${option.slice(-REACH)}` : option
}

/** All that one segment can come out as; a choice may hold variables, but no choice. */
function outcomes(segment: string, variables: Variables): string[] {
  if (segment.startsWith('{{')) return valuesOf(segment, variables)
  if (!segment.startsWith('{')) return [segment]
  const options = segment
    .slice(1, -1)
    .split('|')
    .map((option) => option.trim())
  return options.flatMap((option) =>
    option
      .split(part)
      .reduce<string[]>(
        (texts, text) =>
          text.startsWith('{{')
            ? texts
                .flatMap((before) => valuesOf(text, variables).map((value) => before + value))
                .slice(0, MOST)
            : texts.map((before) => before + text),
        [''],
      ),
  )
}

/** A name that is not the text's own is a person's. */
function valuesOf(placeholder: string, variables: Variables): string[] {
  const name = placeholder.slice(2, -2)
  return Object.hasOwn(variables, name) ? [...(variables[name] ?? [])] : ['Anna']
}
