import type { AccountSettings } from '../domain/account.ts'
import { type FormErrors, type FormValues, RANGES } from './account-form.ts'

type NumberName = keyof typeof RANGES
type FieldView = { id: string; name: keyof AccountSettings; value: string; error: string | null }
type NumberFieldView = FieldView & { label: string; hint: string; min: number; max: number }

const NUMBERS: Record<NumberName, { label: string; hint: string }> = {
  openRate: {
    label: 'Open rate, %',
    hint: 'Of the warmup mail that this mailbox receives, the share it opens.',
  },
  replyRate: {
    label: 'Reply rate, %',
    hint: 'Of the warmup mail that this mailbox opens, the share it answers.',
  },
  dailyLimit: {
    label: 'Daily limit',
    hint: 'The most mails it sends in a day, replies included. A pool account is sent no more than that either.',
  },
  startVolume: { label: 'Start volume', hint: 'Mails on the first day of warmup.' },
  dailyIncrease: { label: 'Daily increase', hint: 'More mails each working day, up to the daily limit.' },
}

/**
 * The fields of an account's settings, each with its message.
 * @param usesBrowserZone whether the browser's zone may take the place of the default one
 */
export function accountFormView(
  values: FormValues,
  options: { errors?: FormErrors; usesBrowserZone?: boolean; idPrefix: string },
) {
  const { errors = {}, usesBrowserZone = false, idPrefix } = options
  const field = (name: keyof AccountSettings): FieldView => ({
    id: `${idPrefix}-${name}`,
    name,
    value: values[name],
    error: errors[name] ?? null,
  })
  const number = (name: NumberName): NumberFieldView => ({
    ...field(name),
    ...NUMBERS[name],
    min: RANGES[name].low,
    max: RANGES[name].high,
  })
  return {
    hasErrors: Object.keys(errors).length > 0,
    kind: field('kind'),
    rates: [number('openRate'), number('replyRate'), number('dailyLimit')],
    rampUp: [number('startVolume'), number('dailyIncrease')],
    isRampUpWrong: errors.startVolume !== undefined || errors.dailyIncrease !== undefined,
    timeZone: { ...field('timeZone'), groups: zoneGroups(values.timeZone), usesBrowserZone },
  }
}

type ZoneGroup = { label: string; zones: string[] }

const KNOWN_ZONES = Intl.supportedValuesOf('timeZone').filter((zone) => zone.includes('/'))
const KNOWN_GROUPS = groupsOf(KNOWN_ZONES)

/** The zones by continent. One that the list lacks, such as an older name, gets a place of its own. */
function zoneGroups(chosen: string): ZoneGroup[] {
  const isListed = chosen === 'UTC' || chosen === '' || KNOWN_ZONES.includes(chosen)
  const first = isListed ? ['UTC'] : ['UTC', chosen]
  return [{ label: 'Everywhere', zones: first }, ...KNOWN_GROUPS]
}

function groupsOf(zones: readonly string[]): ZoneGroup[] {
  const groups = Map.groupBy(zones, (zone) => zone.slice(0, zone.indexOf('/')))
  return [...groups].map(([label, members]) => ({ label, zones: members }))
}
