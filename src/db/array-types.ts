import { pg } from './drizzle.ts'

/** Postgres’ own numbers of the types of arrays (pg_type.dat), with how an element is read. */
const ARRAYS: Record<string, { oids: number[]; read: (text: string) => unknown }> = {
  texts: { oids: [1009, 1015, 1016, 2951], read: (text) => text },
  numbers: { oids: [1005, 1007, 1021, 1022], read: Number },
  booleans: { oids: [1000], read: (text) => text === 't' },
}

/**
 * How the driver writes and reads arrays. Left to itself it asks the server for their types on each new connection, and
 * where that connection breaks just then, the rejection is nobody’s and ends the process:
 * https://github.com/porsager/postgres/issues/1192
 */
export const arrayTypes = Object.fromEntries(
  Object.entries(ARRAYS).flatMap(([name, { oids, read }]) =>
    oids.map((oid) => [
      `${name}${oid}`,
      {
        to: oid,
        from: [oid],
        serialize: (values: unknown) =>
          Array.isArray(values) ? pg.makePgArray(values as unknown[]) : String(values),
        parse: (text: string) => elementsOf(text).map((element) => (element === null ? null : read(element))),
      },
    ]),
  ),
)

/** https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO, of one dimension */
function elementsOf(text: string): (string | null)[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|([^,{}]+)/gs)].map(([, quoted, plain]) => {
    if (quoted !== undefined) return quoted.replace(/\\(.)/gs, '$1')
    return plain === undefined || plain === 'NULL' ? null : plain
  })
}
