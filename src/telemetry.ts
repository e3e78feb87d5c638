import type { CompleteConfig } from './config.ts'
import { OperatorError } from './domain/errors.ts'
import { allOf, type Observer } from './domain/observer.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Traces } from './traces/traces.ts'

/** How a process tells of its work: counted, traced, both or neither. */
export type Telemetry = { observe: Observer; metrics: Metrics | null; traces: Traces | null }
type Settings = Pick<
  CompleteConfig,
  | 'WARMUP_SPEED'
  | 'OTEL_EXPORTER_OTLP_ENDPOINT'
  | 'OTEL_SERVICE_NAME'
  | 'HOST'
  | 'METRICS_PORT'
  | 'METRICS_TOKEN'
>

export const UNTOLD: Telemetry = { observe: allOf([]), metrics: null, traces: null }

/**
 * Loads only what is asked for: tracing costs a worker at rest 26 MB, counting 1 MB.
 * @param options.counts whether somebody will scrape this process
 */
export async function openTelemetry(
  config: Settings,
  options: { counts: boolean },
  onStop: (close: () => Promise<void>) => void,
): Promise<Telemetry> {
  const { WARMUP_SPEED, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME } = config
  const metrics = options.counts ? (await import('./metrics/metrics.ts')).createMetrics(WARMUP_SPEED) : null
  const traces = OTEL_EXPORTER_OTLP_ENDPOINT
    ? (await import('./traces/traces.ts')).startTraces(OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME)
    : null
  if (traces) onStop(traces.close)
  const observers = [metrics, traces].flatMap((teller) => teller?.observer ?? [])
  return { observe: allOf(observers), metrics, traces }
}

/** `GET /metrics` of a process that serves no pages. @throws OperatorError where METRICS_PORT is taken */
export async function serveOwnMetrics(
  { HOST, METRICS_PORT, METRICS_TOKEN }: Settings,
  { metrics }: Telemetry,
): Promise<{ close(): Promise<void> } | null> {
  if (METRICS_PORT === undefined || !metrics) return null
  const { metricsHandler, serveMetrics } = await import('./metrics/serve.ts')
  try {
    return await serveMetrics(metricsHandler(metrics, METRICS_TOKEN), { host: HOST, port: METRICS_PORT })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new OperatorError(
      `HOST=${HOST} METRICS_PORT=${METRICS_PORT}: expected an address that is free to listen on (${code})`,
    )
  }
}
