import type { Database } from './connection.ts'
import { and, asc, eq, gt, isNotNull, isNull, sql } from './drizzle.ts'
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts'
import { SealError, type Sealer } from './sealing.ts'

export type KeyUse = {
  column: SealedColumn
  keyId: string
  secrets: number
  /** Whether the key is among those given. */
  atHand: boolean
}
/** A value that does not open: of no use to anybody until it is written anew. */
export type Unopened = { column: SealedColumn; key: number | string; reason: string }
export type Renewal = { last: number | string; renewed: number; unopened: Unopened[] }

/** Which keys the stored secrets are sealed with, and how they get the newest one. */
export function createKeyUse(db: Database, sealer: Sealer) {
  const [newest, ...older] = sealer.keyIds as [string, ...string[]]

  return {
    newest,
    columns: SEALED_COLUMNS,

    async inUse(): Promise<KeyUse[]> {
      const uses: KeyUse[] = []
      for (const column of SEALED_COLUMNS) {
        const keyId = keyIdOf(column)
        const rows = await db
          .select({ keyId, secrets: sql<number>`count(*)::int` })
          .from(column.table)
          .where(isNotNull(keyId))
          .groupBy(keyId)
        for (const row of rows) uses.push({ column, ...row, atHand: sealer.keyIds.includes(row.keyId) })
      }
      return uses
    },

    /** The first values, up to `limit` a column, that were never sealed: clear text, or a secret that was cut off. */
    async notSealed(limit: number): Promise<Unopened[]> {
      const found: Unopened[] = []
      for (const column of SEALED_COLUMNS) {
        const rows = await db
          .select({ key: keyOf(column) })
          .from(column.table)
          .where(and(isNotNull(column.sealed), isNull(keyIdOf(column))))
          .orderBy(asc(column.key))
          .limit(limit)
        for (const { key } of rows) found.push({ column, key, reason: 'not a sealed secret' })
      }
      return found
    },

    /**
     * Seals the next secrets of a column that have an older key of ours with the newest. A secret that is written meanwhile is
     * left as it is: that has just been sealed by the process that wrote it. One row at a time, so that nobody who works
     * on two of the rows at once can get into a deadlock with it.
     * @param after the last key of the batch before, null for the first
     * @returns null where there is none left
     */
    async renew(column: SealedColumn, after: number | string | null, batch: number): Promise<Renewal | null> {
      const keyId = keyIdOf(column)
      const old = await db
        .select({
          key: keyOf(column),
          sealed: sql<string>`${column.sealed}`,
        })
        .from(column.table)
        .where(
          and(
            sql`${keyId} = any(${sql.param(older)}::text[])`,
            after === null ? undefined : gt(column.key, after),
          ),
        )
        .orderBy(asc(column.key))
        .limit(batch)
      const last = old.at(-1)?.key
      if (last === undefined) return null
      const renewal: Renewal = { last, renewed: 0, unopened: [] }
      for (const row of old) {
        const sealed = resealed(column, row)
        if (sealed instanceof SealError) {
          renewal.unopened.push({ column, key: row.key, reason: sealed.message })
          continue
        }
        const done = await db.execute(
          sql`update ${column.table} set ${sql.identifier(column.sealed.name)} = ${sealed}
            where ${and(eq(column.key, row.key), eq(column.sealed, row.sealed))} returning 1`,
        )
        renewal.renewed += done.length
      }
      return renewal
    },
  }

  function resealed({ context }: SealedColumn, row: { key: number | string; sealed: string }) {
    try {
      return sealer.seal(sealer.open(row.sealed, context(row.key)), context(row.key))
    } catch (error) {
      if (error instanceof SealError) return error
      throw error
    }
  }
}

/** Null for what has not the form of a sealed secret: its beginning may be a secret in clear, and is shown to nobody. */
function keyIdOf({ sealed }: SealedColumn) {
  return sql<string>`substring(${sealed} from '^([0-9a-f]{8})[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$')`
}

function keyOf({ key }: SealedColumn) {
  return sql`${key}`.mapWith((value) => key.mapFromDriverValue(value) as number | string)
}
