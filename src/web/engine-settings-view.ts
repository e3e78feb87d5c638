import type { EngineSettings } from '../domain/engine.ts'
import { judge, NO_EVIDENCE } from '../domain/health.ts'
import { ENGINE_RANGES, type EngineErrors, type EngineValues } from './engine-settings-form.ts'
import { percent } from './rate-view.ts'
import { counted } from './words.ts'

type NumberName = keyof typeof ENGINE_RANGES

const NUMBERS: Record<NumberName, { label: string; hint: string }> = {
  maxTurns: {
    label: 'Mails of a conversation, at most',
    hint: 'It ends before, where its text ends or nobody answers.',
  },
  coolDownDays: {
    label: 'Cool-down, days',
    hint: 'So long nobody is written to again by the same sender, while others are free.',
  },
  evidenceDays: { label: 'Days of evidence', hint: 'How far back an account’s health looks.' },
  watchShare: { label: 'Watch from, %', hint: 'Of the mail whose end is known, the share that ended badly.' },
  throttleShare: { label: 'Throttled from, %', hint: 'That share, as far as it is sure.' },
  pauseShare: { label: 'Resting from, %', hint: 'That share, as far as it is sure.' },
  restDays: { label: 'Days of rest', hint: 'Then it begins anew on the first step of its ramp.' },
  keepMailDays: {
    label: 'Conversations, days',
    hint: 'Those that ended before are kept as daily statistics only; all totals stay.',
  },
  keepEventDays: { label: 'Events, days', hint: 'What the feeds show, and what you were told of.' },
  keepHandoutDays: {
    label: 'Token hand-outs, days',
    hint: 'Which program was handed which account’s token.',
  },
  keepStatisticsDays: { label: 'Daily statistics, days', hint: 'What each account did and met on each day.' },
  keepInboxDays: {
    label: 'Mail that came in, days',
    hint: 'What was fetched from the mailboxes: heads, and texts where you keep them.',
  },
}

/** The form of the engine's settings, each field with its message. */
export function engineFormView(values: EngineValues, errors: EngineErrors = {}) {
  const field = (name: keyof EngineSettings) => ({
    id: `engine-${name}`,
    name,
    value: values[name],
    error: errors[name] ?? null,
  })
  const number = (name: NumberName) => ({
    ...field(name),
    ...NUMBERS[name],
    min: ENGINE_RANGES[name].low,
    max: ENGINE_RANGES[name].high,
  })
  return {
    hasErrors: Object.keys(errors).length > 0,
    labelName: field('labelName'),
    leavesInbox: field('leavesInbox'),
    conversations: [number('maxTurns'), number('coolDownDays')],
    bands: [number('watchShare'), number('throttleShare'), number('pauseShare')],
    days: [number('evidenceDays'), number('restDays')],
    needsAuthentication: field('needsAuthentication'),
    dkimSelectors: field('dkimSelectors'),
    retention: [
      number('keepMailDays'),
      number('keepEventDays'),
      number('keepHandoutDays'),
      number('keepStatisticsDays'),
      number('keepInboxDays'),
    ],
  }
}

const EXAMPLE = 20

/** How health is judged with these settings, in the words and figures of the page. */
export function healthRulesView(settings: EngineSettings) {
  const { watchShare, throttleShare, pauseShare, evidenceDays, restDays } = settings
  return {
    watch: percent(watchShare),
    throttle: percent(throttleShare),
    pause: percent(pauseShare),
    evidenceDays: counted(evidenceDays, 'day'),
    restDays: counted(restDays, 'day'),
    example: {
      of: EXAMPLE,
      throttled: fewestBad(settings, 'throttled'),
      paused: fewestBad(settings, 'paused'),
    },
  }
}

/** Of so many mails as in the example, how many must end badly for a grade; null: not even all of them are enough. */
function fewestBad(settings: EngineSettings, grade: 'throttled' | 'paused'): number | null {
  for (let spam = 0; spam <= EXAMPLE; spam++) {
    const { health } = judge({ ...NO_EVIDENCE, spam, inbox: EXAMPLE - spam }, settings)
    if (health === grade || health === 'paused') return spam
  }
  return null
}
