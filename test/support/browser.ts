import { execFileSync } from 'node:child_process'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** The Chromium of this machine, or null where it has none: then the run says so, and with CI=true fails. */
export const CHROMIUM = findChromium()

function findChromium(): string | null {
  for (const name of NAMES)
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    } catch {}
  if (process.env.CI === 'true') throw new Error('with CI=true, tests without Chromium are a failure')
  console.warn(`\nNO CHROMIUM: the test in a browser is SKIPPED. Install one of: ${NAMES.join(', ')}.\n`)
  return null
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  // Without a sandbox of its own, as Chromium asks of whoever runs it as root; and without calls home.
  const calm = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ]
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...calm] })
}
