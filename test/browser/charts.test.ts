import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ejs from 'ejs'
import express from 'express'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { assetPath, serveAssets } from '../../src/web/assets.ts'
import type { ChartCell, ChartView } from '../../src/web/chart-view.ts'
import type { WebDependencies } from '../../src/web/dependencies.ts'
import { securityHeaders } from '../../src/web/security-headers.ts'
import { CHROMIUM, launchBrowser } from '../support/browser.ts'

/** Set to a folder to keep a picture of each page. */
const { SCREENSHOTS } = process.env

const partial = (name: string) => fileURLToPath(new URL(`../../views/partials/${name}.ejs`, import.meta.url))

const count = (value: number | null): ChartCell => ({ text: value === null ? '' : String(value), value })
const percent = (value: number | null): ChartCell => ({ text: value === null ? '–' : `${value} %`, value })
const days = Array.from({ length: 30 }, (_, day) => day + 1)

const VOLUME: ChartView = {
  id: 'volume',
  title: 'Mails a day, planned and sent',
  kind: 'line',
  columns: [
    { name: 'Day' },
    { name: 'Planned', style: 'planned' },
    { name: 'Sent', style: 'actual' },
    { name: 'Limit', style: 'limit' },
    { name: 'Room in the pool', style: 'band' },
  ],
  rows: days.map((day) => [
    `${day} March`,
    count(Math.min(50, 3 + 2 * day)),
    count(day > 20 ? null : Math.min(48, 2 * day + (day % 3))),
    count(50),
    count(30),
  ]),
}

const RATES: ChartView = {
  id: 'rates',
  title: 'Mails in spam, with their 95 % interval',
  kind: 'line',
  columns: [
    { name: 'Day' },
    { name: 'In spam' },
    { name: '95 % from', style: 'low' },
    { name: 'to', style: 'high' },
  ],
  rows: days.map((day) => {
    const rate = day === 11 ? null : Math.round(26 - day * 0.8 + (day % 4))
    const around = (by: number) => percent(rate === null ? null : Math.max(0, rate + by))
    return [`${day} March`, percent(rate), around(-8), around(12)]
  }),
}

const PLACEMENT: ChartView = {
  id: 'placement',
  title: 'Where mail landed',
  kind: 'stacked',
  columns: [
    { name: 'Day' },
    ...['Inbox', 'Promotions', 'Spam', 'Missing'].map((name) => ({ name })),
    { name: 'Planned', style: 'planned' },
  ],
  rows: days.map((day) => [
    `${day} March`,
    count(day),
    count(Math.ceil(day / 5)),
    count(day > 15 ? 0 : 4),
    count(day % 7 === 0 ? 1 : 0),
    count(day + 6),
  ]),
}

const DOMAINS: ChartView = {
  id: 'domains',
  title: 'In the inbox, by provider',
  kind: 'bar',
  columns: [
    { name: 'Domain' },
    { name: 'In the inbox' },
    { name: '95 % from', style: 'low' },
    { name: 'to', style: 'high' },
  ],
  rows: [
    ['northwind.example', percent(92), percent(85), percent(96)],
    ['bluebird.example', percent(71), percent(55), percent(84)],
    ['papermill.example', percent(null), percent(null), percent(null)],
    ['<b>odd</b>.example', percent(40), percent(12), percent(77)],
  ],
}

const CHARTS = [VOLUME, RATES, PLACEMENT, DOMAINS]

const body = async () =>
  (await Promise.all(CHARTS.map((chart) => ejs.renderFile(partial('chart'), { chart })))).join('')

async function servedPage(): Promise<string> {
  const scripts = await ejs.renderFile(partial('chart-scripts'), { asset: assetPath })
  const styles = (['pico.min.css', 'kindling.css'] as const).map(
    (name) => `<link rel="stylesheet" href="${assetPath(name)}">`,
  )
  return frame(styles.join(''), `${await body()}${scripts}`)
}

const frame = (head: string, content: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Charts</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">${head}</head>
  <body><main class="container">${content}</main></body></html>`

let browser: Browser
let url: string
const server = createServer()

beforeAll(async () => {
  if (!CHROMIUM) return
  const warmup = { oauth: { consentUrl: () => 'https://accounts.google.com/' } }
  const app = express()
  app.use(securityHeaders({ warmup } as unknown as WebDependencies, false), serveAssets())
  app.get('/', async (_request, response) => void response.send(await servedPage()))
  server.on('request', app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  browser = await launchBrowser(CHROMIUM)
})

afterAll(async () => {
  await browser?.close()
  server.closeAllConnections()
  server.close()
})

/** A page that has drawn its charts, and all that its console and its content security policy complain of. */
async function openPage(address: string, options: Parameters<Browser['newPage']>[0] = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(address)
  await expect.poll(() => page.locator('canvas').count()).toBe(CHARTS.length)
  return { page, complaints, [Symbol.asyncDispose]: () => page.close() }
}

type Drawn = {
  colours: string[]
  veiled: number
  series: { label: string; data: unknown[] }[]
  width: number
}

/** What Chart.js was given, every opaque colour that covers at least 20 pixels, and how many are under an area. */
const drawnAt = (page: Page, id: string): Promise<Drawn> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector('#${id} canvas')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    const counts = new Map()
    let veiled = 0
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] > 50 && data[at + 3] < 62) veiled += 1
      if (data[at + 3] !== 255) continue
      const colour = 'rgb(' + data.slice(at, at + 3).join(', ') + ')'
      counts.set(colour, (counts.get(colour) ?? 0) + 1)
    }
    return {
      veiled,
      colours: [...counts].filter(([, count]) => count >= 20).map(([colour]) => colour),
      series: Chart.getChart(canvas).data.datasets.map(({ label, data }) => ({ label, data })),
      width: canvas.clientWidth,
    }
  })()`)

const BLUE = { light: 'rgb(11, 111, 184)', dark: 'rgb(93, 179, 240)' }
const PLANNED = { light: 'rgb(111, 119, 135)', dark: 'rgb(163, 172, 189)' }
const RED = { light: 'rgb(200, 69, 43)', dark: 'rgb(255, 138, 112)' }

const withBrowser = test.skipIf(!CHROMIUM)

withBrowser(
  'each kind of chart is drawn from its table under the security policy of every page',
  async () => {
    await using opened = await openPage(url)
    const { page, complaints } = opened
    const volume = await drawnAt(page, 'volume')
    await page.locator('#volume canvas').hover()
    expect(volume.colours).toEqual(expect.arrayContaining([BLUE.light, PLANNED.light]))
    expect(volume.series.map(({ label }) => label)).toEqual(['Planned', 'Sent', 'Limit', 'Room in the pool'])
    expect(volume.veiled).toBeGreaterThan(10_000)
    expect(volume.series[1]?.data.slice(18, 22)).toEqual([39, 42, null, null])
    const rates = await drawnAt(page, 'rates')
    expect(rates.series.map(({ label }) => label)).toEqual(['In spam', '95 % from', '95 % from – to'])
    expect(rates.series.map(({ data }) => data[10])).toEqual([null, null, null])
    expect(rates.veiled).toBeGreaterThan(10_000)
    const placement = await drawnAt(page, 'placement')
    expect(placement.veiled).toBeLessThan(1_000)
    expect(placement.colours).toEqual(expect.arrayContaining([BLUE.light, RED.light, PLANNED.light]))
    const domains = await drawnAt(page, 'domains')
    expect(domains.series.at(-1)).toEqual({
      label: '95 % from – to',
      data: [[85, 96], [55, 84], null, [12, 77]],
    })
    expect(complaints).toEqual([])
  },
)

withBrowser('the table stays on the page, and assistive technology is not told of the canvas', async () => {
  await using opened = await openPage(url)
  const figure = opened.page.getByRole('figure', { name: DOMAINS.title })
  expect(await figure.locator('canvas').getAttribute('aria-hidden')).toBe('true')
  await figure.locator('summary').click()
  await expect.poll(() => figure.getByRole('row').last().textContent()).toMatch(/<b>odd<\/b>.example\s*40 %/)
})

withBrowser('the colours follow a change between light and dark, and paper is light', async () => {
  await using opened = await openPage(url)
  const { page } = opened
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(async () => (await drawnAt(page, 'volume')).colours).toContain(BLUE.dark)
  expect((await drawnAt(page, 'volume')).colours).not.toContain(BLUE.light)
  await page.evaluate("dispatchEvent(new Event('beforeprint'))")
  expect((await drawnAt(page, 'volume')).colours).toContain(BLUE.light)
  await page.evaluate("dispatchEvent(new Event('afterprint'))")
  expect((await drawnAt(page, 'volume')).colours).toContain(BLUE.dark)
})

withBrowser(
  'a figure that is swapped, or whose table changes, is drawn anew, and nothing is left behind',
  async () => {
    await using opened = await openPage(url)
    const { page, complaints } = opened
    const swapped = await ejs.renderFile(partial('chart'), { chart: { ...RATES, id: 'volume' } })
    await page.evaluate(`document.querySelector('#volume').outerHTML = ${JSON.stringify(swapped)}`)
    await expect.poll(async () => (await drawnAt(page, 'volume')).series[0]?.label).toBe('In spam')
    await page.evaluate("document.querySelector('#rates tbody td').dataset.value = '99'")
    await expect.poll(async () => (await drawnAt(page, 'rates')).series[0]?.data[0]).toBe(99)
    // So a morph leaves it, which puts the server's children in the place of the browser's.
    await page.evaluate("document.querySelector('#domains .chart-frame').remove()")
    await expect.poll(() => page.locator('#domains canvas').count()).toBe(1)
    await page.evaluate("document.querySelector('#placement').remove()")
    await expect.poll(() => page.evaluate('Object.keys(Chart.instances).length')).toBe(3)
    expect(await page.locator('canvas').count()).toBe(3)
    expect(complaints).toEqual([])
  },
)

withBrowser('on a phone no chart is wider than the page', async () => {
  await using opened = await openPage(url, { viewport: { width: 390, height: 844 } })
  const { page } = opened
  for (const { id } of CHARTS) expect((await drawnAt(page, id)).width).toBeLessThanOrEqual(390)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
})

withBrowser('a chart grows and shrinks with the window', async () => {
  await using opened = await openPage(url)
  await opened.page.setViewportSize({ width: 390, height: 844 })
  await expect.poll(async () => (await drawnAt(opened.page, 'volume')).width).toBeLessThan(390)
})

withBrowser('a file that carries the scripts in itself shows the same', async () => {
  const files = mkdtempSync(join(tmpdir(), 'kindling-charts-'))
  try {
    const file = join(files, 'report.html')
    writeFileSync(file, await selfContained())
    await using opened = await openPage(pathToFileURL(file).href)
    expect((await drawnAt(opened.page, 'volume')).colours).toContain(BLUE.light)
    expect(opened.complaints).toEqual([])
  } finally {
    rmSync(files, { recursive: true })
  }
})

async function selfContained(): Promise<string> {
  const text = async (name: Parameters<typeof assetPath>[0]) =>
    (await fetch(new URL(assetPath(name), url))).text()
  const scripts = [await text('chart.min.js'), await text('charts.js')]
  const styles = [await text('pico.min.css'), await text('kindling.css')]
  return frame(
    `<style>${styles.join('')}</style>${scripts.map((script) => `<script>${script}</script>`).join('')}`,
    await body(),
  )
}

// Only for whoever wants to look.
const pictures = async () => {
  mkdirSync(SCREENSHOTS as string, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1280, 390]) {
      await using opened = await openPage(url, { viewport: { width, height: 900 }, colorScheme })
      await opened.page.screenshot({
        path: join(SCREENSHOTS as string, `charts-${width}-${colorScheme}.png`),
        fullPage: true,
      })
    }
}
if (SCREENSHOTS) withBrowser('pictures of every chart', pictures)
