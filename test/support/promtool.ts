import { execFileSync } from 'node:child_process'

/** Whether this machine has promtool: where not, the run says so, and with CI=true fails. */
export const HAS_PROMTOOL = hasPromtool()

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    if (process.env.CI === 'true') throw new Error('with CI=true, tests without promtool are a failure')
    console.warn(
      '\nNO PROMTOOL: the tests of the alert rules are SKIPPED. Install Debian’s package prometheus.\n',
    )
    return false
  }
}
