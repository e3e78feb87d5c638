import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import ejs from 'ejs'
import { localDateOf } from '../domain/local-time.ts'
import { assetFile } from '../web/assets.ts'
import { steeringWords } from '../web/engine-words.ts'
import type { Figures } from './figures.ts'
import { chartsOfAll, chartsOfSender } from './report-charts.ts'
import { ACCOUNT_COLUMNS, accountRow, type Cost, costText, totalsText } from './words.ts'

const VIEW = fileURLToPath(new URL('../../views/rehearsal.ejs', import.meta.url))

/** The report of a rehearsal: one HTML file that needs no other, with a table behind each chart. */
export async function renderReport(figures: Figures, { command, cost }: { command: string; cost: Cost }) {
  const { accounts, days, senderDays, steering } = figures
  const senders = accounts.filter(({ kind }) => kind === 'warmup')
  return ejs.renderFile(VIEW, {
    command,
    totals: totalsText(accounts),
    cost: costText(cost),
    styles: await texts('pico.min.css', 'kindling.css'),
    scripts: await texts('chart.min.js', 'charts.js'),
    charts: chartsOfAll(figures),
    senders: senders.map(({ email, timeZone }, i) => ({
      email,
      timeZone,
      charts: chartsOfSender(
        days,
        senderDays.filter((day) => day.email === email),
        `sender-${i + 1}`,
      ),
    })),
    steering: steering.map(({ at, email, timeZone, data }) => ({
      day: localDateOf(at, timeZone),
      email,
      words: steeringWords(data),
    })),
    columns: ACCOUNT_COLUMNS,
    rows: accounts.map(accountRow),
  })
}

function texts(...names: Parameters<typeof assetFile>[0][]): Promise<string[]> {
  return Promise.all(names.map((name) => readFile(assetFile(name), 'utf8')))
}
