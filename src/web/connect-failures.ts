import type { GoogleError } from '../domain/errors.ts'
import type { ConnectFailure } from '../warmup/connect-account.ts'
import { sentence } from './words.ts'

/** A page about a visit to Google that connected nothing: what happened, and what to do next. */
export type FailureView = { status: number; title: string; text: string; scopes: ScopeView[]; next: string }
type ScopeView = { scope: string; consentText: string }

/** The words beside the boxes of Google's consent page. https://developers.google.com/workspace/gmail/api/auth/scopes */
const CONSENT_TEXTS: Record<string, string> = {
  'https://www.googleapis.com/auth/gmail.send': 'Send email on your behalf',
  'https://www.googleapis.com/auth/gmail.readonly': 'View your email messages and settings',
  'https://www.googleapis.com/auth/gmail.modify': 'Read, compose, and send emails from your Gmail account',
  'https://www.googleapis.com/auth/gmail.labels': 'See and edit your email labels',
}
const AGAIN = 'Go back to the dashboard and connect the mailbox again.'

export function explainFailure(failure: ConnectFailure): FailureView {
  const view = (status: number, title: string, text: string, next: string, scopes: ScopeView[] = []) => {
    return { status, title, text, scopes, next }
  }
  switch (failure.kind) {
    case 'unknown_state':
      return view(
        400,
        'This visit to Google is over',
        'It was finished before, it took longer than ten minutes, or it was not begun here.',
        AGAIN,
      )
    case 'denied':
      return denied(failure.error)
    case 'no_code':
      return view(
        400,
        'Google sent nothing to connect with',
        'Its answer holds no authorization code.',
        AGAIN,
      )
    case 'missing_scopes':
      return view(
        403,
        'A permission is missing',
        'Without all of these, mail can’t be sent, found or opened. Google’s consent page has a box for each:',
        'Connect the mailbox again, tick every box on Google’s page (or “Select all”), and choose Continue.',
        failure.scopes.map((scope) => ({ scope, consentText: CONSENT_TEXTS[scope] ?? scope })),
      )
    case 'no_refresh_token':
      return view(
        502,
        'Google gave no lasting access',
        'Its answer holds no refresh token, so access would end within the hour.',
        'Open myaccount.google.com/connections with this mailbox, remove this app there, then connect the mailbox again.',
      )
    case 'address_taken':
      return view(
        409,
        'Another account has this address',
        sentence(failure.message),
        'Then connect this mailbox again.',
      )
    case 'other_mailbox':
      return view(
        409,
        'Another mailbox was chosen',
        `${failure.wanted} was to be connected, and ${failure.chosen} was chosen on Google’s page. Nothing was changed.`,
        `Connect again and choose ${failure.wanted}, or add ${failure.chosen} as an account of its own.`,
      )
    case 'google':
      return refused(failure.error)
  }
}

function denied(error: string): FailureView {
  if (error === 'access_denied')
    return {
      status: 403,
      title: 'Access was not granted',
      text: 'On Google’s page the request was cancelled, or this mailbox may not use the app.',
      scopes: [],
      next: 'If it was not cancelled on purpose: an OAuth app in Testing admits only its listed test users, and an administrator may have blocked it. Once that is settled, connect the mailbox again.',
    }
  return {
    status: 400,
    title: 'Google did not go on',
    text: `It answered “${error.slice(0, 100)}”.`,
    scopes: [],
    next: AGAIN,
  }
}

function refused({ problem, message }: GoogleError): FailureView {
  const isOurs = problem === 'app_refused'
  return {
    status: 502,
    title: isOurs ? 'Google refuses this app' : 'Google did not finish the connection',
    text: message,
    scopes: [],
    next: isOurs
      ? 'Compare GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and the authorized redirect URI with the Google Cloud console.'
      : 'Wait a minute, then go back to the dashboard and connect the mailbox again.',
  }
}
