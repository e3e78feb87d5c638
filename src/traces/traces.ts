import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Telemetry } from 'bullmq'
import { BullMQOtel } from 'bullmq-otel'
import type { Observer } from '../domain/observer.ts'
import type { Handout } from '../domain/task.ts'
import { withoutUpkeep } from './sampler.ts'

export type Traces = {
  observer: Observer
  /** BullMQ's own spans: it carries the trace from who queues a job to who runs it. */
  queue: Telemetry
  /** Runs a task in a span of its own; what is told to `observer` and `statement` meanwhile is within it. */
  run<T extends string>(handout: Handout, work: () => Promise<T>): Promise<T>
  /** A statement begins; to be called when it is over. */
  statement(text: string): () => void
  /** Sends what was not sent yet. */
  close(): Promise<void>
}

const EXPORT_TIMEOUT_MS = 3000

/**
 * Traces by OpenTelemetry to an OTLP/HTTP endpoint. A span has ids of tasks, names of methods and statuses, and statements
 * with $1 in the place of values: nothing secret, and no address.
 * @param endpoint without the path: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function startTraces(endpoint: string, serviceName: string): Traces {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    sampler: withoutUpkeep,
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const tracer = trace.getTracer('kindling')

  /** A span of what is over, within the task that runs; what no task asked for is not told. */
  function over(name: string, ms: number, attributes: Attributes, isBad = false): void {
    if (!trace.getActiveSpan()) return
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: Date.now() - ms, attributes })
    if (isBad) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  }

  return {
    observer: {
      taskEnded({ kind, ended, lateMs }) {
        const attributes = { 'kindling.task.outcome': ended, 'kindling.task.late_ms': lateMs }
        trace.getActiveSpan()?.setAttributes({ 'kindling.task.kind': kind, ...attributes })
      },
      googleCalled({ method, status, ms }) {
        const attributes = status === null ? {} : { 'http.response.status_code': status }
        over(
          `google ${method}`,
          ms,
          { 'rpc.method': method, ...attributes },
          status === null || status >= 400,
        )
      },
      tokenRefreshed: (outcome) => void trace.getActiveSpan()?.addEvent(`token ${outcome}`),
    },
    queue: new BullMQOtel({ tracerName: 'bullmq' }),
    run: ({ taskId, kind }, work) =>
      tracer.startActiveSpan(`task ${kind}`, { attributes: { 'kindling.task.id': taskId } }, async (span) => {
        try {
          return await work()
        } finally {
          span.end()
        }
      }),
    statement(text) {
      const startedAt = performance.now()
      const verb = text.trimStart().split(/\s/, 1)[0] ?? ''
      const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text }
      return () => over(`sql ${verb.toLowerCase()}`, performance.now() - startedAt, attributes)
    },
    async close() {
      await provider.shutdown()
      trace.disable()
      context.disable()
      propagation.disable()
    },
  }
}
