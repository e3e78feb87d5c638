/** An effect of a process outside itself, by what it is and which one of that name it is; and one of its two edges. */
export type FailPoint = { effect: string; nth: number; edge: 'before' | 'after' }
export type Effect = Omit<FailPoint, 'edge'>

/**
 * The boundaries that one process passes: every call of Google and every commit, as the relays see them that stand
 * between it and the world. At the armed one the process is killed, and nothing of it gets through any more.
 */
export type FailPoints = ReturnType<typeof createFailPoints>

export function createFailPoints(kill: () => void) {
  const counts = new Map<string, number>()
  let effects: Effect[] = []
  let armed: FailPoint | null = null
  let isDead = false

  function pass(effect: Effect, edge: FailPoint['edge']): boolean {
    if (isDead) return false
    const isHere = armed?.effect === effect.effect && armed.nth === effect.nth && armed.edge === edge
    if (!isHere) return true
    isDead = true
    kill()
    return false
  }

  return {
    isDead: () => isDead,
    /** From now on effects are counted anew; `point` is where the process dies, null for nowhere. */
    arm(point: FailPoint | null) {
      counts.clear()
      effects = []
      armed = point
    },
    /** What has been passed since, in order. */
    passed: (): readonly Effect[] => effects,
    /** An effect is about to happen. Null where the process is dead: it must not. */
    begin(name: string): Effect | null {
      const nth = (counts.get(name) ?? 0) + 1
      counts.set(name, nth)
      const effect = { effect: name, nth }
      effects.push(effect)
      return pass(effect, 'before') ? effect : null
    },
    /** It has happened. False where the process is dead: it must not hear of it. */
    end: (effect: Effect): boolean => pass(effect, 'after'),
  }
}

export function pointName({ edge, effect, nth }: FailPoint): string {
  return `${edge} ${effect}${nth > 1 ? ` (${nth})` : ''}`
}
