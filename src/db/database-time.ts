import { sql } from './drizzle.ts'

/** A time of the database's own clock, which all processes share: leases live in it, so that warmup time may be any. */
export function inSeconds(seconds: number) {
  return sql`clock_timestamp() + make_interval(secs => ${seconds})`
}
