import { expect, test } from 'vitest'
import { openTelemetry } from '../../src/telemetry.ts'
import { type Span, startCollector } from '../support/collector.ts'
import { secretsIn, tapGoogle } from '../support/wiretap.ts'
import { BACKENDS, openWorld } from '../support/world.ts'

test.each(BACKENDS)(
  'a trace goes from the handing-out over the job to the task, its calls of Google and its statements: %s',
  async (backend) => {
    await using collector = await startCollector()
    using tap = tapGoogle()
    let close = async () => {}
    const telemetry = await openTelemetry(
      {
        WARMUP_SPEED: 1,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_SERVICE_NAME: 'kindling',
        HOST: '',
      },
      { counts: false },
      (closeTraces) => {
        close = closeTraces
      },
    )
    {
      await using world = await openWorld({ backend, telemetry })
      world.sandbox.control.forcePlacement('inbox')
      const always = { openRate: 1, replyRate: 1, signature: 'Anna of Example' }
      await world.connect('anna@example.com', { ...always, startVolume: 1, dailyIncrease: 0 })
      await world.connect('ben@example.org', { ...always, kind: 'pool' })
      world.sandbox.control.addFault({ path: '/messages/', status: 503, count: 1 })
      await world.runUntil(new Date('2026-03-03T22:00:00Z'))
    }
    await close()

    const { spans } = collector
    const byId = new Map(spans.map((span) => [span.id, span]))
    const parents = (span: Span): string[] => {
      const parent = byId.get(span.parent)
      return parent ? [parent.name, ...parents(parent)] : []
    }
    const sent = spans.filter(({ name }) => name === 'google drafts.send')
    expect(sent.length).toBeGreaterThan(1)
    const queued = backend === 'postgres' ? /^add kindling-send/ : /^addBulk kindling-send$/
    const [first] = sent.filter((span) => parents(span).includes('task send'))
    if (!first) throw new Error('no mail was sent in a task')
    expect(parents(first)).toEqual(['task send', 'process kindling-send', expect.stringMatching(queued)])
    const asked = spans.filter(({ name }) => name.startsWith('google '))
    expect(asked.map(({ attributes }) => Number(attributes['http.response.status_code']))).toContain(503)

    const within = spans.filter(({ parent }) => byId.get(parent)?.name === 'task send')
    expect(within.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['google drafts.create', 'google drafts.send', 'sql update']),
    )
    const tasks = spans.filter(({ name }) => name.startsWith('task '))
    expect(new Set(tasks.map(({ name }) => name))).toEqual(
      new Set(['task plan', 'task send', 'task open', 'task reply', 'task check']),
    )
    expect(tasks.map(({ attributes }) => attributes['kindling.task.outcome'])).toContain('retry')
    for (const { attributes } of tasks) expect(Number(attributes['kindling.task.id'])).toBeGreaterThan(0)

    expect(spans.filter(({ name }) => /^(getNextJob|close|startStalledCheckTimer) /.test(name))).toEqual([])
    const text = collector.bodies.join('\n')
    expect(text.length).toBeGreaterThan(10_000)
    expect(secretsIn(text, tap.secrets)).toEqual([])
    expect(text).not.toMatch(/@example|Anna of/)
  },
)

test('what no task asked for is not told', async () => {
  await using collector = await startCollector()
  let close = async () => {}
  const settings = {
    WARMUP_SPEED: 1,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_SERVICE_NAME: 'x',
    HOST: '',
  }
  const telemetry = await openTelemetry(settings, { counts: false }, (closeTraces) => {
    close = closeTraces
  })
  {
    await using world = await openWorld({ telemetry })
    await world.connect('anna@example.com')
    await world.runtime.warmup.store.accounts.all()
  }
  await close()
  expect(collector.spans).toEqual([])
})
