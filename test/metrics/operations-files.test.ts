import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HAS_PROMTOOL } from '../support/promtool.ts'
import { openServed } from '../support/served.ts'

const ALERTS = readFileSync('ops/prometheus/alerts.yml', 'utf8')
const DASHBOARD = JSON.parse(readFileSync('ops/grafana/kindling.json', 'utf8')) as {
  uid: string
  schemaVersion: number
  templating: { list: { name: string; type: string; query: string }[] }
  panels: Panel[]
}
type Panel = {
  id: number
  type: string
  title: string
  gridPos: { h: number; w: number; x: number; y: number }
  datasource?: { uid: string }
  targets?: { refId: string; expr: string }[]
}

const EXPRESSIONS = DASHBOARD.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
const namesIn = (text: string) => new Set(text.match(/\b(kindling|nodejs|process)_[a-z0-9_]+\b/g))

const promtool = (...arguments_: string[]) =>
  execFileSync('promtool', arguments_, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

test('every metric that the dashboard and the alerts name is in a scrape', async () => {
  await using served = await openServed()
  const { world } = served
  await world.connect('anna@example.com')
  await world.settle()
  const scrape = await served.scrape()
  const told = namesIn(scrape.replace(/^#.*$/gm, ''))
  const wanted = namesIn([...EXPRESSIONS, ...(ALERTS.match(/expr: (\|\n( {10}.*\n)+|.*)/g) ?? [])].join('\n'))
  expect(wanted.size).toBeGreaterThan(12)
  expect([...wanted].filter((name) => !told.has(name))).toEqual([])
})

test.runIf(HAS_PROMTOOL)('the scrape is as promtool wants it', async () => {
  await using served = await openServed()
  const scrape = await served.scrape()
  const problems = spawnCheck(scrape)
  // The names that prom-client gives to Node's own figures are everybody's; of ours there is nothing to say.
  expect(problems.split('\n').filter((line) => line.startsWith('kindling_'))).toEqual([])
})

function spawnCheck(scrape: string): string {
  try {
    return execFileSync('promtool', ['check', 'metrics'], { input: scrape, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return stdout + stderr
  }
}

describe.runIf(HAS_PROMTOOL)('promtool', () => {
  test('finds the alert rules right, and each of them fires when it should and not before', () => {
    expect(promtool('check', 'rules', 'ops/prometheus/alerts.yml')).toContain('SUCCESS')
    expect(promtool('test', 'rules', 'ops/prometheus/alerts.test.yml')).toContain('SUCCESS')
    const tested = readFileSync('ops/prometheus/alerts.test.yml', 'utf8')
    for (const [, alert] of ALERTS.matchAll(/- alert: (\w+)/g))
      expect(tested).toMatch(new RegExp(`alertname: ${alert}\\n +eval_time: .*\\n +exp_alerts:`))
  })

  test('can read every expression of the dashboard', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kindling-dashboard-'))
    const rules = EXPRESSIONS.map((expr, i) => ({
      record: `panel:${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }))
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    expect(promtool('check', 'rules', join(folder, 'rules.yml'))).toContain(`${rules.length} rules found`)
    rmSync(folder, { recursive: true })
  })
})

test('the dashboard is one that Grafana takes: every panel has its place, its source and its targets', () => {
  expect(DASHBOARD).toMatchObject({ uid: 'kindling', schemaVersion: expect.any(Number) })
  expect(DASHBOARD.templating.list).toMatchObject([
    { name: 'datasource', type: 'datasource', query: 'prometheus' },
  ])
  expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(DASHBOARD.panels.length)
  for (const { type, title, gridPos, datasource, targets } of DASHBOARD.panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
    if (type === 'row') continue
    expect({ title, uid: datasource?.uid }).toEqual({ title, uid: `\${datasource}` })
    expect(targets?.map(({ refId }) => refId)).toEqual(targets?.map((_, i) => String.fromCharCode(65 + i)))
    expect(targets?.length).toBeGreaterThan(0)
  }
  const cells = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
})
