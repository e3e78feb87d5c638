/** The tags of `v=DKIM1; k=rsa; p=…`, by name: https://www.rfc-editor.org/rfc/rfc6376#section-3.2 */
export function parseTags(text: string): Map<string, string> {
  const pairs = text.split(';').flatMap((tag) => {
    const [, name, value] = tag.match(/^\s*([a-z]\w*)\s*=\s*(.*?)\s*$/is) ?? []
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value] as const]
  })
  return new Map(pairs)
}
