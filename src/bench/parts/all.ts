import type { PartName } from '../options.ts'
import { measureAccounts } from './accounts.ts'
import { measureDashboard } from './dashboard.ts'
import { measureHistory } from './history.ts'
import { measureLateness } from './lateness.ts'
import type { Part } from './part.ts'
import { measureRefreshes } from './refreshes.ts'
import { measureRest } from './rest.ts'
import { measureStart } from './start.ts'
import { measureSync } from './sync.ts'
import { measureWarmups } from './warmups.ts'

export const PARTS: Record<PartName, Part> = {
  start: measureStart,
  rest: measureRest,
  warmups: measureWarmups,
  refreshes: measureRefreshes,
  lateness: measureLateness,
  accounts: measureAccounts,
  history: measureHistory,
  sync: measureSync,
  dashboard: measureDashboard,
}
