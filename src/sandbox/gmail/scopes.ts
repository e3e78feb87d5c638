const PREFIX = 'https://www.googleapis.com/auth/'

/** Gmail's scopes, with the words of the consent page. The add-on scopes belong to no web app and are left out. */
export const GMAIL_SCOPES: Record<string, string> = {
  'https://mail.google.com/': 'Read, compose, send, and permanently delete all your email from Gmail',
  [`${PREFIX}gmail.modify`]: 'Read, compose, and send emails from your Gmail account',
  [`${PREFIX}gmail.readonly`]: 'View your email messages and settings',
  [`${PREFIX}gmail.compose`]: 'Manage drafts and send emails',
  [`${PREFIX}gmail.send`]: 'Send email on your behalf',
  [`${PREFIX}gmail.metadata`]:
    'View your email message metadata such as labels and headers, but not the email body',
  [`${PREFIX}gmail.labels`]: 'See and edit your email labels',
  [`${PREFIX}gmail.insert`]: 'Add emails into your Gmail mailbox',
  [`${PREFIX}gmail.settings.basic`]: 'See, edit, create, or change your email settings and filters in Gmail',
  [`${PREFIX}gmail.settings.sharing`]:
    'Manage your sensitive mail settings, including who can manage your mail',
}

export const METADATA = `${PREFIX}gmail.metadata`

const scopes = (names: string) =>
  names.split(' ').map((name) => (name === 'mail' ? 'https://mail.google.com/' : `${PREFIX}gmail.${name}`))

/** The scopes of which a method needs one, as the discovery document lists them. */
export const NEEDS = {
  profile: scopes('mail compose metadata modify readonly'),
  look: scopes('mail metadata modify readonly'),
  watch: scopes('mail metadata modify readonly'),
  read: scopes('mail modify readonly'),
  modify: scopes('mail modify'),
  send: scopes('mail compose modify send'),
  writeDrafts: scopes('mail compose modify'),
  readDrafts: scopes('mail compose modify readonly'),
  writeLabels: scopes('mail labels modify'),
  readLabels: scopes('mail labels metadata modify readonly'),
}
