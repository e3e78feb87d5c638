const PREFIX = 'https://www.googleapis.com/auth/'

/**
 * Scopes of other services that an operator may ask for, with the words of the consent page.
 * https://developers.google.com/identity/protocols/oauth2/scopes
 */
export const OTHER_SCOPES: Record<string, string> = {
  [`${PREFIX}calendar`]:
    'See, edit, share, and permanently delete all the calendars you can access using Google Calendar',
  [`${PREFIX}calendar.readonly`]: 'See and download any calendar you can access using your Google Calendar',
  [`${PREFIX}calendar.events`]: 'View and edit events on all your calendars',
  [`${PREFIX}calendar.events.readonly`]: 'View events on all your calendars',
  [`${PREFIX}tasks`]: 'Create, edit, organize, and delete all your tasks',
  [`${PREFIX}tasks.readonly`]: 'View your tasks',
  [`${PREFIX}drive`]: 'See, edit, create, and delete all of your Google Drive files',
  [`${PREFIX}drive.readonly`]: 'See and download all your Google Drive files',
  [`${PREFIX}drive.file`]:
    'See, edit, create, and delete only the specific Google Drive files you use with this app',
  [`${PREFIX}drive.metadata.readonly`]: 'See information about your Google Drive files',
  [`${PREFIX}contacts`]: 'See, edit, download, and permanently delete your contacts',
  [`${PREFIX}contacts.readonly`]: 'See and download your contacts',
  [`${PREFIX}spreadsheets`]: 'See, edit, create, and delete all your Google Sheets spreadsheets',
  [`${PREFIX}spreadsheets.readonly`]: 'See all your Google Sheets spreadsheets',
  [`${PREFIX}documents`]: 'See, edit, create, and delete all your Google Docs documents',
  [`${PREFIX}documents.readonly`]: 'See all your Google Docs documents',
}
