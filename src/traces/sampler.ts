import { SpanKind } from '@opentelemetry/api'
import { AlwaysOnSampler, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace'

const all = new AlwaysOnSampler()
/** What BullMQ does besides carrying jobs: it looks for the next one, renews locks, closes. */
const UPKEEP = / kindling-\w+$/

/** Everything but BullMQ's upkeep, which goes on for as long as a worker waits. */
export const withoutUpkeep: Sampler = {
  shouldSample: (...asked) => {
    const [, , name, kind] = asked
    return kind === SpanKind.INTERNAL && UPKEEP.test(name)
      ? { decision: SamplingDecision.NOT_RECORD }
      : all.shouldSample()
  },
  toString: () => 'all but BullMQ’s upkeep',
}
