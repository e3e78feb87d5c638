// Draws each <figure data-chart="line|bar|stacked"> above its own table, which is the one source of its figures: the first
// column has the labels, every other header cell names a series, and `data-style` on it says how that one looks. `planned`
// and `limit` are dashed lines, also over bars; `low` and the `high` beside it bound an interval; `band` is an area.
{
  const DASHES = { planned: [6, 4], limit: [2, 3] }
  const MARKS = ['circle', 'rectRot', 'triangle', 'rectRounded', 'star', 'crossRot']

  /** Every figure with a chart, and what its table was when that was drawn. */
  const drawn = new Map()

  /** Draws what is new or has changed and lets go what is gone: parts of a page may be swapped at any time. */
  function refresh() {
    for (const [figure, { chart }] of drawn) if (!chart.canvas?.isConnected) erase(figure)
    for (const figure of document.querySelectorAll('figure[data-chart]')) {
      const table = figure.querySelector('table')
      const source = figure.dataset.chart + table?.outerHTML
      if (!table?.tHead || drawn.get(figure)?.source === source) continue
      erase(figure)
      drawn.set(figure, { chart: draw(figure, table), source })
    }
  }

  function redraw() {
    for (const figure of [...drawn.keys()]) erase(figure)
    refresh()
  }

  function erase(figure) {
    drawn.get(figure)?.chart.destroy()
    drawn.delete(figure)
    figure.querySelector('.chart-frame')?.remove()
  }

  function draw(figure, table) {
    const frame = document.createElement('div')
    frame.className = 'chart-frame'
    const canvas = document.createElement('canvas')
    canvas.setAttribute('aria-hidden', 'true')
    frame.append(canvas)
    const [holder] = [...figure.children].filter((child) => child.contains(table))
    holder.before(frame)
    const kind = figure.dataset.chart
    const rows = [...table.tBodies].flatMap((body) => [...body.rows])
    const labels = rows.map((row) => textOf(row.cells[0]))
    const colour = coloursIn(frame)
    const datasets = seriesOf(table, rows, kind, colour)
    const options = optionsFor(kind, datasets, colour)
    return new Chart(canvas, { type: kind === 'line' ? 'line' : 'bar', data: { labels, datasets }, options })
  }

  function seriesOf(table, rows, kind, colour) {
    const heads = [...table.tHead.rows[0].cells]
    let named = 0
    let own = colour('1')
    return heads.slice(1).map((head, before) => {
      const { style } = head.dataset
      const cells = rows.map((row) => row.cells[before + 1])
      const values = cells.map(numberOf)
      const series = { label: textOf(head), data: values, texts: cells.map(textOf) }
      if (style === 'low') return { ...series, ...edge, isHidden: true, stack: `low ${before}` }
      if (style === 'high') {
        const lows = rows.map((row) => numberOf(row.cells[before]))
        series.label = `${textOf(heads[before])} – ${series.label}`
        series.texts = rows.map((row, index) => `${textOf(row.cells[before])} – ${series.texts[index]}`)
        return { ...series, ...interval(kind, own, colour('text'), lows, values), stack: `high ${before}` }
      }
      own = colour(style in DASHES ? style : String((named++ % MARKS.length) + 1))
      if (style === 'band') return { ...series, ...edge, ...area(own, 'origin'), stack: `band ${before}` }
      if (kind === 'line' || style in DASHES)
        return { ...series, ...line(own, style, MARKS[before % MARKS.length]), stack: `line ${before}` }
      return {
        ...series,
        backgroundColor: own,
        maxBarThickness: 64,
        order: 2,
        pointStyle: 'rect',
        ...(kind === 'stacked' ? { stack: 'bars' } : {}),
      }
    })
  }

  const edge = { type: 'line', borderWidth: 0, pointRadius: 0, pointHoverRadius: 0, order: 3 }

  const faint = (colour) => Chart.helpers.color(colour).alpha(0.22).rgbString()

  const area = (colour, fill) => ({
    backgroundColor: faint(colour),
    borderColor: 'transparent',
    fill,
    pointStyle: 'rect',
  })

  /** Between two lines an area; on single bars, where neighbours have nothing to do with each other, a whisker. */
  function interval(kind, colour, ink, lows, highs) {
    if (kind !== 'bar') return { ...edge, ...area(colour, '-1') }
    const data = highs.map((high, index) =>
      high === null || lows[index] === null ? null : [lows[index], high],
    )
    return {
      data,
      type: 'bar',
      grouped: false,
      barThickness: 3,
      backgroundColor: ink,
      borderColor: ink,
      order: 1,
      pointStyle: 'line',
    }
  }

  const line = (colour, style, mark) => ({
    type: 'line',
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: 2,
    borderDash: DASHES[style] ?? [],
    pointRadius: style in DASHES ? 0 : 2.5,
    pointStyle: style in DASHES ? 'line' : mark,
    order: 0,
  })

  function optionsFor(kind, datasets, colour) {
    const text = colour('text')
    const grid = colour('grid')
    const ticks = { color: text, autoSkipPadding: 12 }
    // What stands under a bar is a name, of which none is left out while there is any room.
    const names = kind === 'bar' ? { color: text, maxRotation: 60 } : { ...ticks, maxRotation: 0 }
    const isNamed = ({ datasetIndex }) => !datasets[datasetIndex].isHidden
    return {
      animation: false,
      maintainAspectRatio: false,
      color: text,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: { stacked: kind === 'stacked', ticks: names, grid: { display: false }, border: { color: grid } },
        y: {
          stacked: kind === 'stacked',
          beginAtZero: true,
          ticks,
          grid: { color: grid },
          border: { display: false },
        },
      },
      plugins: {
        legend: {
          display: datasets.length > 1,
          align: 'start',
          onClick: null,
          labels: {
            usePointStyle: true,
            pointStyleWidth: 20,
            boxHeight: 7,
            color: text,
            generateLabels,
            sort: (one, other) => one.datasetIndex - other.datasetIndex,
            filter: isNamed,
          },
        },
        tooltip: {
          usePointStyle: true,
          multiKeyBackground: 'transparent',
          boxHeight: 8,
          boxPadding: 4,
          filter: isNamed,
          callbacks: { label: ({ dataset, dataIndex }) => `${dataset.label}: ${dataset.texts[dataIndex]}` },
        },
      },
    }
  }

  /** A line is shown by a piece of itself. */
  const generateLabels = (chart) =>
    Chart.defaults.plugins.legend.labels.generateLabels(chart).map((item) => {
      const { borderDash, pointStyle } = chart.data.datasets[item.datasetIndex]
      return pointStyle === 'rect'
        ? item
        : { ...item, pointStyle: 'line', lineWidth: 2, lineDash: borderDash }
    })

  const textOf = (cell) => cell?.textContent.trim() ?? ''

  /** The number of a cell: what it says for itself in `data-value`, else what one reads in it; null where it has none. */
  function numberOf(cell) {
    const number = Number.parseFloat(cell?.dataset.value ?? textOf(cell).replaceAll(',', ''))
    return Number.isNaN(number) ? null : number
  }

  /** The colours of the stylesheet as they are here and now: a variable by itself would not be told light from dark. */
  const coloursIn = (frame) => (name) => {
    frame.style.color = `var(--chart-${name})`
    const { color } = getComputedStyle(frame)
    frame.style.color = ''
    return color
  }

  function start() {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily
    refresh()
    const changes = { childList: true, characterData: true, attributeFilter: ['data-value'], subtree: true }
    new MutationObserver(refresh).observe(document.body, changes)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
    const redrawFor = (paper) => () => {
      document.documentElement.toggleAttribute('data-on-paper', paper)
      redraw()
    }
    addEventListener('beforeprint', redrawFor(true))
    addEventListener('afterprint', redrawFor(false))
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start)
  else start()
}
