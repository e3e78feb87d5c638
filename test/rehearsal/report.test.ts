import { expect, test } from 'vitest'
import type { AccountFigures, Figures } from '../../src/rehearsal/figures.ts'
import { renderReport } from '../../src/rehearsal/report.ts'
import { accountRow } from '../../src/rehearsal/words.ts'

const ANNA: AccountFigures = {
  email: 'anna@northwind.example',
  kind: 'warmup',
  timeZone: 'Europe/Berlin',
  warmupDay: 2,
  health: 'watch',
  openRate: 0.8,
  replyRate: 0.55,
  sent: 12,
  replies: 2,
  received: 5,
  opened: 4,
  answered: 2,
  inbox: 7,
  tabs: 1,
  spam: 2,
  lost: 0,
}
const BEN: AccountFigures = {
  ...ANNA,
  email: 'ben@harbour.example',
  kind: 'pool',
  inbox: 0,
  tabs: 0,
  spam: 0,
  received: 0,
}

const day = (date: string, spam: number) => ({
  email: ANNA.email,
  day: date,
  health: 'healthy' as const,
  warmupDay: 1,
  planned: 5,
  sent: 6,
  replies: 1,
  inbox: 3,
  tabs: 0,
  spam,
  lost: 0,
})

const FIGURES: Figures = {
  days: ['2026-03-02', '2026-03-03', '2026-03-04'],
  accounts: [ANNA, BEN],
  senderDays: [day('2026-03-02', 0), { ...day('2026-03-03', 2), health: 'watch' }],
  rates: [{ day: '2026-03-02', received: 4, opened: 3, answered: 1 }],
  steering: [
    {
      at: new Date('2026-03-03T07:30:00Z'),
      email: ANNA.email,
      timeZone: 'Europe/Berlin',
      data: {
        step: 'hold',
        because: 'watch',
        from: 'healthy',
        to: 'watch',
        warmupDay: 1,
        bad: 2,
        all: 8,
        low: 0.07,
        high: 0.59,
      },
    },
  ],
}
const COST = { seconds: 1.25, runs: 30, steps: 20, googleCalls: 99 }

/** The cells of a chart's table, row by row. */
function tableOf(html: string, id: string): string[][] {
  const figure = html.slice(html.indexOf(`id="${id}"`)).split('</figure>')[0] ?? ''
  const rows = (figure.split('<tbody>')[1] ?? '').split('</tr>').slice(0, -1)
  return rows.map((row) => [...row.matchAll(/<t[hd][^>]*>([^<]*)</g)].map(([, text]) => text as string))
}

test('the report shows each day in the table behind each chart, and asks nothing of any server', async () => {
  const html = await renderReport(FIGURES, { command: 'npm run rehearse', cost: COST })
  expect(tableOf(html, 'volume-all')).toEqual([
    ['2 Mar', '5', '6', '1'],
    ['3 Mar', '5', '6', '1'],
    ['4 Mar', '0', '0', '0'],
  ])
  expect(tableOf(html, 'placement-sender-1')[1]).toEqual(['3 Mar', '3', '0', '2', '0'])
  expect(tableOf(html, 'spam-all').slice(1)).toEqual([
    ['3 Mar', '40 %', '12 %', '77 %'],
    ['4 Mar', '–', '–', '–'],
  ])
  expect(tableOf(html, 'rates').at(-1)).toEqual(['4 Mar', '75 %', '80 %', '33 %', '55 %'])
  // On a day off its grade stays.
  expect(tableOf(html, 'health').map((row) => row.slice(1))).toEqual([
    ['1', '0', '0', '0'],
    ['0', '1', '0', '0'],
    ['0', '1', '0', '0'],
  ])
  expect(html).toContain('Healthy → Watch: stays on day 1 of its ramp')
  expect(html).toContain('2 of 8 mails ended badly')
  expect(html).not.toMatch(/(src|href)="(?!data:|#)/)
})

test('a share is never told without its interval, and nothing is told of what was not found', () => {
  expect(accountRow(ANNA).slice(4, 7)).toEqual(['70 % (40–89 %)', '10 % (2–40 %)', '20 % (6–51 %)'])
  expect(accountRow(BEN).slice(4, 9)).toEqual(['–', '–', '–', '0', '–'])
})
