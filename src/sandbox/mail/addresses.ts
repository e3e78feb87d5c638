export type Address = { name: string; address: string }

const ADDRESS = /^[^\s@<>"(),;:]+@[a-z0-9-]+(\.[a-z0-9-]+)*$/i

export const isAddress = (text: string): boolean => ADDRESS.test(text)

/** The valid addresses of a To, Cc, Bcc or From field; anything else in it is passed over. */
export function parseAddresses(field: string | undefined): Address[] {
  if (field === undefined) return []
  // Commas inside quotes or angle brackets do not separate.
  const pieces = field.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,;"<])+/g) ?? []
  return pieces.flatMap((piece) => {
    const angled = /^([\s\S]*)<([^>]*)>\s*$/.exec(piece)
    const address = (angled?.[2] ?? piece).trim().toLowerCase()
    if (!isAddress(address)) return []
    const name = (angled?.[1] ?? '').trim().replace(/^"(.*)"$/, '$1')
    return [{ name: name.replace(/\\(.)/g, '$1'), address }]
  })
}
