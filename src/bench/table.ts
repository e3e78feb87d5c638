/** The first row is the head; the first column stands on the left, the others on the right. */
export function printTable(rows: readonly string[][]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  for (const [first = '', ...others] of rows)
    console.log(
      [first.padEnd(widths[0] ?? 0), ...others.map((cell, i) => cell.padStart(widths[i + 1] ?? 0))].join(
        '  ',
      ),
    )
}
