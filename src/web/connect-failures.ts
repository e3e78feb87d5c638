import type { GoogleError } from '../domain/errors.ts'
import type { ConnectFailure } from '../warmup/connect-account.ts'
import { type PermissionView, permissionView } from './scope-words.ts'
import { sentence } from './words.ts'

/** A page about a visit to Google that connected nothing: what happened, and what to do next. */
export type FailureView = {
  status: number
  title: string
  text: string
  permissions: PermissionView[]
  next: string
}
/** Who reads it: the operator, or the owner of a mailbox, who came by a link and has no dashboard. */
export type Reader = 'operator' | 'owner'

type Explanation = {
  status: number
  title: string
  text: string | Record<Reader, string>
  next: Record<Reader, string>
  permissions?: PermissionView[]
}

const AGAIN = {
  operator: 'Go back to the dashboard and connect the mailbox again.',
  owner:
    'Open the link that you were sent once more. If it is over, ask whoever sent it to you for another one.',
}
const TELL = 'Tell whoever sent you the link: only they can mend this.'

export function explainFailure(failure: ConnectFailure, reader: Reader): FailureView {
  const { status, title, text, next, permissions = [] } = explanation(failure)
  return {
    status,
    title,
    text: typeof text === 'string' ? text : text[reader],
    permissions,
    next: next[reader],
  }
}

function explanation(failure: ConnectFailure): Explanation {
  switch (failure.kind) {
    case 'unknown_state':
      return {
        status: 400,
        title: 'This visit to Google is over',
        text: 'It was finished before, it took longer than ten minutes, or it was not begun here.',
        next: AGAIN,
      }
    case 'denied':
      return denied(failure.error)
    case 'no_code':
      return {
        status: 400,
        title: 'Google sent nothing to connect with',
        text: 'Its answer holds no authorization code.',
        next: AGAIN,
      }
    case 'missing_scopes':
      return {
        status: 403,
        title: 'A permission is missing',
        text: 'Without all of these, mail can’t be sent, found or opened. Google’s consent page has a box for each:',
        next: {
          operator:
            'Connect the mailbox again, tick every box on Google’s page (or “Select all”), and choose Continue.',
          owner:
            'Open the link that you were sent once more, tick every box on Google’s page (or “Select all”), and choose Continue.',
        },
        permissions: failure.scopes.map(permissionView),
      }
    case 'no_refresh_token':
      return {
        status: 502,
        title: 'Google gave no lasting access',
        text: 'Its answer holds no refresh token, so access would end within the hour.',
        next: {
          operator:
            'Open myaccount.google.com/connections with this mailbox, remove this app there, then connect the mailbox again.',
          owner:
            'Open myaccount.google.com/connections with this mailbox, remove this app there, then open the link that you were sent once more.',
        },
      }
    case 'address_taken':
      return {
        status: 409,
        title: 'Another account has this address',
        text: {
          operator: sentence(failure.message),
          owner: 'It is known here as another mailbox’s, from before the address was moved.',
        },
        next: { operator: 'Then connect this mailbox again.', owner: TELL },
      }
    case 'other_mailbox':
      return {
        status: 409,
        title: 'Another mailbox was chosen',
        text: `${failure.wanted} was to be connected, and ${failure.chosen} was chosen on Google’s page. Nothing was changed.`,
        next: {
          operator: `Connect again and choose ${failure.wanted}, or add ${failure.chosen} as an account of its own.`,
          owner: `Open the link that you were sent once more, and choose ${failure.wanted}.`,
        },
      }
    case 'google':
      return refused(failure.error)
  }
}

function denied(error: string): Explanation {
  if (error === 'access_denied')
    return {
      status: 403,
      title: 'Access was not granted',
      text: 'On Google’s page the request was cancelled, or this mailbox may not use the app.',
      next: {
        operator:
          'If it was not cancelled on purpose: an OAuth app in Testing admits only its listed test users, and an administrator may have blocked it. Once that is settled, connect the mailbox again.',
        owner:
          'If you cancelled by mistake, open the link that you were sent once more. If Google did not let you go on, tell whoever sent it: the app may not admit your mailbox yet, or your administrator may have blocked it.',
      },
    }
  return {
    status: 400,
    title: 'Google did not go on',
    text: `It answered “${error.slice(0, 100)}”.`,
    next: AGAIN,
  }
}

function refused({ problem, message }: GoogleError): Explanation {
  if (problem === 'app_refused')
    return {
      status: 502,
      title: 'Google refuses this app',
      text: message,
      next: {
        operator:
          'Compare GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and the authorized redirect URI with the Google Cloud console.',
        owner: TELL,
      },
    }
  return {
    status: 502,
    title: 'Google did not finish the connection',
    text: message,
    next: {
      operator: 'Wait a minute, then go back to the dashboard and connect the mailbox again.',
      owner: 'Wait a minute, then open the link that you were sent once more.',
    },
  }
}
