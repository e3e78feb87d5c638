import type { SQL } from 'drizzle-orm'
import { sql } from './drizzle.ts'

/** A time of the database's own clock, which all processes share: leases live in it, so that warmup time may be any. */
export function inSeconds(seconds: number | SQL) {
  return sql`clock_timestamp() + make_interval(secs => ${seconds})`
}

/** A time that use cases were given, warmup time, in a statement that is written out. */
export function instant(time: Date) {
  return sql`${time.toISOString()}::timestamptz`
}
