import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * What a process that a test starts gets of this one's environment: the test runner sets a BASE_URL of its own. The
 * code that one process has compiled serves the next: https://nodejs.org/api/module.html#module-compile-cache
 */
export function childEnvironment() {
  const { PATH, HOME } = process.env
  return { PATH, HOME, NODE_COMPILE_CACHE: join(tmpdir(), 'kindling-compiled') }
}
