import { html, type Reply } from '../http/exchange.ts'
import { isAddress } from '../mail/addresses.ts'
import { type AuthorizationError, type AuthorizationRequest, CARRIED } from './authorization-request.ts'
import { describe, isIdentity } from './scopes.ts'

const STYLE = `
  :root { color-scheme: light dark; --line: light-dark(#c4c7c5, #5c5f5e); --accent: light-dark(#0b57d0, #a8c7fa) }
  * { box-sizing: border-box }
  body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#f0f4f9, #1b1b1b) }
  main { max-width: 34rem; margin: 6vh auto; padding: 2rem; border-radius: 1rem; background: light-dark(#fff, #0f0f0f) }
  h1 { margin: 0 0 .5rem; font-size: 1.5rem; font-weight: 500 }
  fieldset { margin: 1.5rem 0; padding: 0; border: 0 }
  legend { padding: 0; font-weight: 600 }
  label { display: flex; gap: .75rem; align-items: baseline; padding: .6rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
  input[type=email] { flex: 1; min-width: 0; padding: .4rem; font: inherit }
  .buttons { display: flex; flex-wrap: wrap; gap: .75rem }
  button { padding: .6rem 1.5rem; border: 1px solid var(--line); border-radius: 2rem; font: inherit; color: var(--accent); background: none; cursor: pointer }
  button.main { border-color: var(--accent); color: light-dark(#fff, #062e6f); background: var(--accent) }
  .note { font-size: .875rem; opacity: .8 }
  @media (max-width: 36rem) { main { margin: 0; min-height: 100vh; border-radius: 0 } }`

export type ConsentView = {
  request: AuthorizationRequest
  parameters: URLSearchParams
  mailboxes: string[]
  /** Those that have given consent before: the first other one is marked. */
  connected: ReadonlySet<string>
  attempt: string
  action: string
  problem?: string
}

export function consentPage(view: ConsentView): Reply {
  const { request, parameters, mailboxes, connected, attempt, action, problem } = view
  const hint = request.loginHint
  const offered = hint !== undefined && isAddress(hint) ? [...new Set([hint, ...mailboxes])] : mailboxes
  const marked = hint ?? offered.find((address) => !connected.has(address)) ?? offered[0]
  const hidden = CARRIED.filter((name) => parameters.has(name)).map(
    (name) => `<input type="hidden" name="${name}" value="${asText(parameters.get(name) ?? '')}">`,
  )
  const accounts = offered.map(
    (address) =>
      `<label><input type="radio" name="mailbox" value="${asText(address)}"${address === marked ? ' checked' : ''}> ${asText(address)}</label>`,
  )
  const scopes = request.scopes
    .filter((scope) => !isIdentity(scope))
    .map(
      (scope) =>
        `<label><input type="checkbox" name="granted" value="${asText(scope)}" checked> ${asText(describe(scope))}</label>`,
    )
  return layout(
    'Choose an account',
    `<h1>Choose an account</h1>
<p>to continue to <strong>${asText(new URL(request.redirectUri).host)}</strong></p>
${problem === undefined ? '' : `<p role="alert"><strong>${asText(problem)}</strong></p>`}
<form method="post" action="${asText(action)}">
${hidden.join('\n')}
<input type="hidden" name="attempt" value="${asText(attempt)}">
<fieldset><legend>Account</legend>
${accounts.join('\n')}
<label>Or another: <input type="email" name="address" placeholder="name@example.com" autocomplete="off"></label>
</fieldset>
${scopes.length > 0 ? `<fieldset><legend>This app wants to</legend>\n${scopes.join('\n')}\n</fieldset>` : ''}
<div class="buttons"><button class="main" name="decision" value="continue">Continue</button>
<button name="decision" value="cancel" formnovalidate>Cancel</button></div>
</form>`,
    problem === undefined ? 200 : 400,
  )
}

export const errorPage = ({ error, message }: AuthorizationError): Reply =>
  layout(
    'Access blocked',
    `<h1>Access blocked: authorization error</h1>
<p>${asText(message)}</p>
<p class="note">Error 400: ${asText(error)}</p>`,
    400,
  )

const layout = (title: string, body: string, status: number) =>
  html(
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${STYLE}
</style></head>
<body><main>
${body}
<p class="note">This is a sandbox. No real account is involved.</p>
</main></body></html>
`,
    status,
  )

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const asText = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
