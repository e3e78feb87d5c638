import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Router } from 'express'

const require = createRequire(import.meta.url)
const own = (name: string) => fileURLToPath(new URL(`../../views/assets/${name}`, import.meta.url))

/** Every file that is served as it is. */
const FILES = {
  'pico.min.css': require.resolve('@picocss/pico/css/pico.min.css'),
  'htmx.min.js': require.resolve('htmx.org/dist/htmx.min.js'),
  'kindling.css': own('kindling.css'),
  'time-zone.js': own('time-zone.js'),
  // Beside its main file: the package does not export its build for browsers by name.
  'chart.min.js': join(dirname(require.resolve('chart.js')), 'chart.umd.min.js'),
  'charts.js': own('charts.js'),
  'icon.svg': own('icon.svg'),
}
type AssetName = keyof typeof FILES

const version = createHash('sha256')
for (const file of Object.values(FILES)) version.update(readFileSync(file))
const folder = `/assets/${version.digest('hex').slice(0, 12)}`

/** The path changes with the contents, so browsers may keep a file for good. */
export function assetPath(name: AssetName): string {
  return `${folder}/${name}`
}

/** Where the file lies, for a page that is to carry it in itself. */
export function assetFile(name: AssetName): string {
  return FILES[name]
}

export function serveAssets(): Router {
  const router = Router()
  for (const [name, file] of Object.entries(FILES))
    router.get(`${folder}/${name}`, (_request, response) => {
      response.sendFile(file, { maxAge: '1y', immutable: true, dotfiles: 'allow' })
    })
  return router
}
