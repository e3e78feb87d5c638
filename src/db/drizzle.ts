import { createRequire } from 'node:module'
// Before Drizzle, which loads the driver too.
import './driver.ts'

// The one door to Drizzle. Its ES modules import each other in circles, and linking them leaves 308 MB resident on
// Node 24; its CommonJS build is the same code in 72 MB (measured with process.memoryUsage after a bare import).
const require = createRequire(import.meta.url)

export const {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  ne,
  not,
  or,
  sql,
} = require('drizzle-orm') as typeof import('drizzle-orm')
export const { drizzle } = require('drizzle-orm/postgres-js') as typeof import('drizzle-orm/postgres-js')
export const { migrate } =
  require('drizzle-orm/postgres-js/migrator') as typeof import('drizzle-orm/postgres-js/migrator')
export const pg = require('drizzle-orm/pg-core') as typeof import('drizzle-orm/pg-core')
