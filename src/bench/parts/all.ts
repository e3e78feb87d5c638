import type { PartName } from '../options.ts'
import type { Part } from './part.ts'
import { measureWarmups } from './warmups.ts'

export const PARTS: Record<PartName, Part> = {
  warmups: measureWarmups,
} as Record<PartName, Part>
