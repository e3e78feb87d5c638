import { createRequire, registerHooks } from 'node:module'

/**
 * Where a connection is lost, postgres.js 3.4.9 writes to a socket that is gone, which ends the process; or it keeps a
 * timer that was cleared, and that connection never sends anything again. Both are known and not mended yet:
 * https://github.com/porsager/postgres/issues/1208, https://github.com/porsager/postgres/pull/1209. It also has a rollback
 * of what was lost wait on the next connection for an answer that never comes, with all that is asked for by that; and
 * the statement that was under way stays behind, by whose error the next one fails, and for which the end waits. Here all
 * that is mended as the file is loaded; a version of the driver that reads otherwise is refused.
 */
const MENDS: readonly [broken: string, mended: string][] = [
  [
    'const x = socket.write(chunk, fn)',
    `if (!socket) {
      nextWriteTimer !== null && clearImmediate(nextWriteTimer)
      chunk = nextWriteTimer = null
      error(Errors.connection('CONNECTION_CLOSED', options, socket))
      return false
    }
    const x = socket.write(chunk, fn)`,
  ],
  [
    '\n    clearImmediate(nextWriteTimer)\n',
    '\n    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n',
  ],
  [
    '\n    if (terminated)\n',
    `
    if (q !== initial && (initial || !socket)) {
      queryError(q, Errors.connection('CONNECTION_CLOSED', options))
      return true
    }

    if (terminated)
`,
  ],
  [
    '\n    closedTime = performance.now()\n',
    `
    query = results = errorResponse = null
    result = new Result()
    closedTime = performance.now()
`,
  ],
]

const hooks = registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith('/postgres/cjs/src/connection.js')) return loaded
    return { ...loaded, source: MENDS.reduce(mended, String(loaded.source)) }
  },
})

function mended(source: string, [broken, mend]: (typeof MENDS)[number]): string {
  if (!source.includes(broken))
    throw new Error(`this version of postgres.js has no “${broken.trim()}” to mend`)
  return source.replaceAll(broken, mend)
}

/** The driver. Its CommonJS build, which nobody else loads before this. */
export const postgres = createRequire(import.meta.url)('postgres') as typeof import('postgres')
hooks.deregister()
