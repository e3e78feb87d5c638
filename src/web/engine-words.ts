import type { FetchSettings } from '../db/mailboxes.ts'
import type { AccountSettings } from '../domain/account.ts'
import type { EngineSettings } from '../domain/engine.ts'
import type { Health } from '../domain/health.ts'
import type { HoldReason, Step } from '../domain/steering.ts'
import { percent } from './rate-view.ts'

type EventData = Record<string, string | number | boolean | null>
type StepData = { [name in 'step' | 'because' | 'warmupDay' | 'restsUntil']?: EventData[string] }

export const HEALTH_WORDS: Record<Health, string> = {
  healthy: 'Healthy',
  watch: 'Watch',
  throttled: 'Throttled',
  paused: 'Resting',
}

type SettingName = keyof AccountSettings | keyof EngineSettings | keyof FetchSettings | 'warmupDay'
const SETTING_WORDS: Record<SettingName, string> = {
  kind: 'type',
  openRate: 'open rate',
  replyRate: 'reply rate',
  importantRate: 'rate of marking as important',
  starRate: 'rate of starring',
  rescueRate: 'rate of rescues from spam',
  primaryRate: 'rate of moves to Primary',
  dailyLimit: 'daily limit',
  ramp: 'ramp',
  startVolume: 'start volume',
  dailyIncrease: 'daily increase',
  warmupDay: 'day of the ramp',
  dailyVariation: 'daily variation',
  maintenanceVolume: 'maintenance volume',
  timeZone: 'time zone',
  sendDays: 'sending days',
  sendHours: 'sending hours',
  holidays: 'holidays',
  wakingHours: 'waking hours',
  minPauseMinutes: 'pause in minutes',
  displayName: 'display name',
  signature: 'signature',
  labelName: 'label',
  leavesInbox: 'out of the inbox once handled',
  maxTurns: 'mails of a conversation',
  coolDownDays: 'cool-down in days',
  evidenceDays: 'days of evidence',
  watchShare: 'watch from',
  throttleShare: 'throttled from',
  pauseShare: 'resting from',
  restDays: 'days of rest',
  needsAuthentication: 'waiting for SPF, DKIM and DMARC',
  dkimSelectors: 'DKIM selectors',
  keepMailDays: 'days that conversations are kept',
  keepEventDays: 'days that events are kept',
  keepHandoutDays: 'days that token hand-outs are kept',
  keepStatisticsDays: 'days that daily statistics are kept',
  keepInboxDays: 'days that mail which came in is kept',
  everyMinutes: 'minutes between two rounds',
  filter: 'filter',
  keepsBodies: 'texts kept',
}
const SHARES = /(Rate|Share|Variation)$/
const DAY_NAMES = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** Each change is kept as "before → after", shares as 0–1. */
export function settingChanges(data: EventData): string {
  // Postgres keeps the members of a JSON object in an order of its own.
  return Object.entries(SETTING_WORDS)
    .filter(([name]) => name in data)
    .map(([name, words]) => {
      const values = String(data[name]).split(' → ')
      return `${words} ${values.map((value) => shown(name, value)).join(' → ')}`
    })
    .join(', ')
}

function shown(name: string, value: string): string {
  if (value === '') return 'none'
  if (value === 'true' || value === 'false') return value === 'true' ? 'yes' : 'no'
  if (SHARES.test(name)) return percent(Number(value))
  if (name === 'sendDays') return daysText(value.split(',').map(Number))
  return value.replaceAll(',', ', ')
}

function daysText(days: readonly number[]): string {
  return days.map((day) => DAY_NAMES[day]).join(', ')
}

const HOLD_WORDS: Record<HoldReason, string> = {
  sent_nothing: 'it could send nothing on its last day',
  no_evidence: 'nothing new is known of its mail',
  watch: 'too much of its mail ends badly to rise',
  throttled: 'it is on the first step already',
  improving: 'what was learnt since its last day is well',
  recovering: 'it gets better by one grade a day',
}

/** A step of the steering, with the figures that led to it. */
export function steeringWords(data: EventData): string {
  const figures =
    Number(data.all) > 0
      ? ` (${data.bad} of ${data.all} mails ended badly, surely ${percent(Number(data.low))} and at most ${percent(Number(data.high))})`
      : ''
  const changes = data.from !== data.to
  const grade = changes ? `${healthWord(data.from)} → ${healthWord(data.to)}: ` : ''
  return `${grade}${stepWords(data)}${figures}`
}

/** What a step of the steering does, as the end of a sentence about the account. */
export function stepWords({ step, because, warmupDay, restsUntil }: StepData): string {
  // A pool account is on no ramp: its day is 0.
  const hasRamp = warmupDay !== 0
  const words: Record<Step, string> = {
    begin: hasRamp ? 'begins its ramp' : 'takes part',
    rise: `rises to day ${warmupDay} of its ramp`,
    hold: `stays on day ${warmupDay} of its ramp, as ${HOLD_WORDS[because as HoldReason] ?? because}`,
    lower: `goes back to day ${warmupDay} of its ramp`,
    rest: `rests until ${restsUntil}`,
    resume: hasRamp ? 'begins its ramp anew' : 'takes part again',
  }
  return words[step as Step] ?? String(step)
}

function healthWord(health: unknown): string {
  return HEALTH_WORDS[health as Health] ?? String(health)
}
