/** How a series looks; without one it is a line or a bar like any other. A `high` stands right after its `low`. */
export type SeriesStyle = 'planned' | 'actual' | 'limit' | 'low' | 'high' | 'band'

/** What one reads in the table, and the number that is drawn: null leaves a gap. */
export type ChartCell = { text: string; value: number | null }

/** What `partials/chart` shows: a table, and a chart of it once `partials/chart-scripts` has loaded. */
export type ChartView = {
  /** Of its own on the page. */
  id: string
  title: string
  kind: 'line' | 'bar' | 'stacked'
  /** The column of the labels, then one for each series. */
  columns: { name: string; style?: SeriesStyle }[]
  rows: [label: string, ...cells: ChartCell[]][]
}
