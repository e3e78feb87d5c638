import type { SandboxProcess } from '../bench/sandbox-process.ts'
import type { Fault, FaultOrder } from '../sandbox/http/faults.ts'

/** The faults of the simulated Google: orders them, and counts how many requests each kind has struck. */
export type GoogleWeather = ReturnType<typeof createGoogleWeather>

const ENDLESS = 1_000_000

export function createGoogleWeather({ control }: SandboxProcess) {
  const ordered = new Map<number, { how: string; count: number }>()
  const struck = new Map<string, number>()

  async function order(how: string, fault: FaultOrder): Promise<void> {
    const { id, count } = await control<Fault>('POST', 'faults', fault)
    ordered.set(id, { how, count })
  }

  return {
    struck: struck as ReadonlyMap<string, number>,
    order,
    /** Until it is cleared nothing answers. */
    goAway: () => order('away', { path: '^/(gmail/|token$)', status: 503, count: ENDLESS }),
    /** Ends all faults. */
    async clear(): Promise<void> {
      const { faults } = await control<{ faults: Fault[] }>('GET', 'faults')
      await control('DELETE', 'faults')
      const left = new Map(faults.map(({ id, count }) => [id, count]))
      for (const [id, { how, count }] of ordered)
        struck.set(how, (struck.get(how) ?? 0) + count - (left.get(id) ?? 0))
      ordered.clear()
    },
  }
}
