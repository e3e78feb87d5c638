import { z } from 'zod'

/** What is looked for in a list; anything that can't be found counts as not given. Postgres knows no text with a NUL in it. */
export const searchText = z
  .string()
  .trim()
  .max(320)
  .regex(/^[^\0]*$/)
  .catch('')
