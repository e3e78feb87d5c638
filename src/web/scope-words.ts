const AUTH = 'https://www.googleapis.com/auth/'

/**
 * What Google's consent page says beside a permission.
 * https://developers.google.com/identity/protocols/oauth2/scopes
 */
const WORDS: Record<string, string> = {
  'https://mail.google.com/': 'Read, compose, send, and permanently delete all your email from Gmail',
  [`${AUTH}gmail.send`]: 'Send email on your behalf',
  [`${AUTH}gmail.readonly`]: 'View your email messages and settings',
  [`${AUTH}gmail.modify`]: 'Read, compose, and send emails from your Gmail account',
  [`${AUTH}gmail.labels`]: 'See and edit your email labels',
  [`${AUTH}gmail.compose`]: 'Manage drafts and send emails',
  [`${AUTH}gmail.metadata`]:
    'View your email message metadata such as labels and headers, but not the email body',
  [`${AUTH}gmail.settings.basic`]: 'See, edit, create, or change your email settings and filters in Gmail',
  [`${AUTH}calendar`]:
    'See, edit, share, and permanently delete all the calendars you can access using Google Calendar',
  [`${AUTH}calendar.readonly`]: 'See and download any calendar you can access using your Google Calendar',
  [`${AUTH}calendar.events`]: 'View and edit events on all your calendars',
  [`${AUTH}calendar.events.readonly`]: 'View events on all your calendars',
  [`${AUTH}tasks`]: 'Create, edit, organize, and delete all your tasks',
  [`${AUTH}tasks.readonly`]: 'View your tasks',
  [`${AUTH}drive`]: 'See, edit, create, and delete all of your Google Drive files',
  [`${AUTH}drive.readonly`]: 'See and download all your Google Drive files',
  [`${AUTH}drive.file`]:
    'See, edit, create, and delete only the specific Google Drive files you use with this app',
  [`${AUTH}drive.metadata.readonly`]: 'See information about your Google Drive files',
  [`${AUTH}contacts`]: 'See, edit, download, and permanently delete your contacts',
  [`${AUTH}contacts.readonly`]: 'See and download your contacts',
  [`${AUTH}spreadsheets`]: 'See, edit, create, and delete all your Google Sheets spreadsheets',
  [`${AUTH}spreadsheets.readonly`]: 'See all your Google Sheets spreadsheets',
  [`${AUTH}documents`]: 'See, edit, create, and delete all your Google Docs documents',
  [`${AUTH}documents.readonly`]: 'See all your Google Docs documents',
  [`${AUTH}userinfo.email`]: 'See your primary Google Account email address',
  [`${AUTH}userinfo.profile`]:
    'See your personal info, including any personal info you’ve made publicly available',
  openid: 'Associate you with your personal info on Google',
}

export type PermissionView = {
  scope: string
  /** The scope without the address that Google's scopes begin with. */
  name: string
  /** The scope itself where Google's words for it are not known here. */
  words: string
}

export function permissionView(scope: string): PermissionView {
  return { scope, name: scope.replace(AUTH, ''), words: WORDS[grantedName(scope)] ?? scope }
}

/** The name under which Google grants a scope: the short ones of OpenID Connect come back as long ones. */
export function grantedName(scope: string): string {
  return scope === 'email' || scope === 'profile' ? `${AUTH}userinfo.${scope}` : scope
}
