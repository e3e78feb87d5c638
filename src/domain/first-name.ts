const roles = new Set(
  (
    'account accounts accounting admin administration anfrage billing booking bookings buero career careers ' +
    'contact customer customers dev email empfang events finance hallo hello help hey home hr info inbox it ' +
    'jobs kontakt mail mailbox marketing me media news newsletter no noreply nobody office orders people post ' +
    'postmaster press presse privacy reception root sales security service services shop staff studio support ' +
    'team test tests the user verkauf vertrieb warmup web webmaster welcome'
  ).split(' '),
)

// Consonants that no first name starts with hint at an initial glued to a surname, as in "jdoe".
const nameStart =
  /^(?:[^aeiouy]?[aeiouyà-öø-ÿœ]|(?:[bcdfgkprstvw]h|[bcdfgkptvw]r|[bcfgkpsv]l|s[cknmptvwz]|kn|[bfhklnst]j|ml|dm|ks|tz|dz))/u
const vowel = /[aeiouyà-öø-ÿœ]/u

/** The first name an address shows ("anna.schmidt@…" → "Anna"), or null where it shows none. */
export function firstNameOf(email: string): string | null {
  const local = (email.split('@')[0] ?? '').split('+')[0] ?? ''
  const parts = local.normalize('NFC').toLowerCase().split(/[._]/).filter(Boolean)
  // "jean-luc.martin" has a double name, "jean-martin" a first name and a surname.
  const given = parts.length > 1 ? parts[0] : parts[0]?.split('-')[0]
  const first = given?.replace(/\d+$/, '') ?? ''
  if (!/^\p{Ll}+(?:-\p{Ll}+)*$/u.test(first) || roles.has(first)) return null
  if (first.length < 2 || first.length > 20 || !vowel.test(first)) return null
  const glued = parts.length === 1 && !local.includes('-')
  if (glued && (first.length < 3 || first.length > 8 || !nameStart.test(first))) return null
  return first.replace(/(?<=^|-)\p{Ll}/gu, (letter) => letter.toUpperCase())
}
