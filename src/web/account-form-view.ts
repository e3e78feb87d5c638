import type { AccountSettings } from '../domain/account.ts'
import { RAMP_STEPS, type Ramp } from '../domain/ramp.ts'
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
  importantRate: { label: 'Marked as important, %', hint: 'Of the mail it opens.' },
  starRate: { label: 'Starred, %', hint: 'Of the mail it opens.' },
  rescueRate: { label: 'Rescued, %', hint: 'Of the warmup mail that it finds in spam.' },
  primaryRate: { label: 'Moved to Primary, %', hint: 'Of the warmup mail that it finds under Promotions.' },
  dailyLimit: {
    label: 'Daily limit',
    hint: 'The most mails it sends in a day, replies included. A pool account is sent no more than that either.',
  },
  startVolume: { label: 'Start volume', hint: 'Of your own ramp: mails on the first day of warmup.' },
  dailyIncrease: {
    label: 'Daily increase',
    hint: 'Of your own ramp: more mails each day, up to the daily limit.',
  },
  dailyVariation: {
    label: 'Daily variation, %',
    hint: 'A day’s volume is drawn from so much less to so much more than planned.',
  },
  maintenanceVolume: {
    label: 'Maintenance volume',
    hint: 'Mails a day once the full volume has been held for a week.',
  },
  minPauseMinutes: { label: 'Least pause, minutes', hint: 'Between two mails that it sends.' },
}

const RAMP_WORDS: Record<Ramp, string> = {
  gentle: `Gentle: ${stepWords('gentle')}`,
  standard: `Standard: ${stepWords('standard')}`,
  phased: 'Phased: 10, 25, 50, 75, 100 % of the daily limit, a week each',
  own: 'Your own',
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

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
  const isWrong = (...names: (keyof AccountSettings)[]) => names.some((name) => errors[name] !== undefined)
  const ticked = values.sendDays.split(',')
  return {
    hasErrors: Object.keys(errors).length > 0,
    kind: field('kind'),
    rates: [number('openRate'), number('replyRate'), number('dailyLimit')],
    ramp: {
      ...field('ramp'),
      choices: Object.entries(RAMP_WORDS).map(([value, words]) => ({ value, words })),
    },
    rampUp: [
      number('startVolume'),
      number('dailyIncrease'),
      number('dailyVariation'),
      number('maintenanceVolume'),
    ],
    isRampUpWrong: isWrong('ramp', 'startVolume', 'dailyIncrease', 'dailyVariation', 'maintenanceVolume'),
    sendDays: {
      ...field('sendDays'),
      choices: DAYS.map((label, i) => ({ label, value: i + 1, isTicked: ticked.includes(String(i + 1)) })),
    },
    sendHours: field('sendHours'),
    wakingHours: field('wakingHours'),
    holidays: field('holidays'),
    pause: number('minPauseMinutes'),
    areHoursWrong: isWrong('sendDays', 'sendHours', 'wakingHours', 'holidays', 'minPauseMinutes'),
    deeds: [number('rescueRate'), number('primaryRate'), number('importantRate'), number('starRate')],
    areDeedsWrong: isWrong('rescueRate', 'primaryRate', 'importantRate', 'starRate'),
    displayName: field('displayName'),
    signature: field('signature'),
    isNameWrong: isWrong('displayName', 'signature'),
    timeZone: { ...field('timeZone'), groups: zoneGroups(values.timeZone), usesBrowserZone },
  }
}

function stepWords(ramp: keyof typeof RAMP_STEPS): string {
  const { startVolume, dailyIncrease } = RAMP_STEPS[ramp]
  return `${startVolume} mails on the first day, ${dailyIncrease} more each day`
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
