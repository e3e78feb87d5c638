import type { BenchOptions } from '../options.ts'
import type { Servers } from '../stage.ts'

/** One thing to find out. It prints its figures, and returns the goals that were missed, in words. */
export type Part = (servers: Servers, options: BenchOptions) => Promise<string[]>
