import { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1.js'
import type { Clock } from '../domain/clock.ts'
import type { Notice } from '../domain/delivery-status.ts'
import { GoogleError } from '../domain/errors.ts'
import { isDeliveryReport, readNotice } from './delivery-notice.ts'
import { encodeMail, type Mail } from './mime.ts'
import { gmailError } from './problems.ts'
import { createTransport } from './transport.ts'

export type GmailMethod =
  | 'getProfile'
  | 'drafts.create'
  | 'drafts.get'
  | 'drafts.list'
  | 'drafts.send'
  | 'labels.create'
  | 'labels.list'
  | 'messages.get'
  | 'messages.list'
  | 'messages.modify'
  | 'threads.get'
/** A call of the Gmail API that is over; `status` is null where no answer came. */
export type GmailCall = { method: GmailMethod; status: number | null; ms: number }

export type GmailSettings = {
  apiRoot: string
  /** Longest wait for an answer, in real milliseconds. */
  timeoutMs: number
  /** Told of every call, for who counts them. */
  onCall?(call: GmailCall): void
}

export type Gmail = ReturnType<typeof createGmail>
/** One mailbox, for as long as its access token lives. Every method throws GoogleError and nothing else. */
export type Mailbox = ReturnType<Gmail['open']>

/** Gmail's API by Google's own client, which is given an access token and nothing that it could refresh. */
export function createGmail(settings: GmailSettings, clock: Clock) {
  const transport = createTransport(settings.timeoutMs)
  const { users } = new gmail_v1.Gmail({
    rootUrl: settings.apiRoot,
    retry: false,
    fetchImplementation: transport.fetch,
  })

  return {
    close: transport.close,

    open(accessToken: string, signal?: AbortSignal) {
      const asking = { headers: { authorization: `Bearer ${accessToken}` }, ...(signal ? { signal } : {}) }
      const me = { userId: 'me' }

      return {
        async address(): Promise<string> {
          const profile = await call('getProfile', () => users.getProfile(me, asking))
          return required(profile.emailAddress, 'an address')
        },

        /** Where a thread is given, Gmail files the draft there only if subject and References fit as well. */
        async createDraft(
          mail: Mail,
          threadId: string | null,
        ): Promise<{ draftId: string; threadId: string }> {
          const raw = await encodeMail(mail)
          const message = { raw, ...(threadId ? { threadId } : {}) }
          const draft = await call('drafts.create', () =>
            users.drafts.create({ ...me, requestBody: { message } }, asking),
          )
          return {
            draftId: required(draft.id, 'a draft id'),
            threadId: required(draft.message?.threadId, 'a thread id'),
          }
        },

        /** The draft that carries this RFC Message-ID, if there is one. */
        async findDraft(rfcMessageId: string): Promise<{ draftId: string; threadId: string } | null> {
          const list = await call('drafts.list', () =>
            users.drafts.list({ ...me, q: `rfc822msgid:${bare(rfcMessageId)}` }, asking),
          )
          const draft = list.drafts?.[0]
          if (!draft) return null
          return {
            draftId: required(draft.id, 'a draft id'),
            threadId: required(draft.message?.threadId, 'a thread id'),
          }
        },

        async draftExists(draftId: string): Promise<boolean> {
          return found(async () => {
            await call('drafts.get', () =>
              users.drafts.get({ ...me, id: draftId, format: 'minimal' }, asking),
            )
            return true
          }, false)
        },

        /** Sending makes a new message of the draft, with an id of its own. An answer without it is no success. */
        async sendDraft(draftId: string): Promise<{ messageId: string; threadId: string }> {
          const message = await call('drafts.send', () =>
            users.drafts.send({ ...me, requestBody: { id: draftId } }, asking),
          )
          return {
            messageId: required(message.id, 'a message id'),
            threadId: required(message.threadId, 'a thread id'),
          }
        },

        /** The messages of a thread that were sent from this mailbox, oldest first. Costs 40 quota units. */
        async sentInThread(threadId: string): Promise<{ messageId: string; threadId: string }[]> {
          return found(async () => {
            const thread = await call('threads.get', () =>
              users.threads.get({ ...me, id: threadId, format: 'minimal' }, asking),
            )
            return (thread.messages ?? [])
              .filter((message) => message.labelIds?.includes('SENT') && message.id)
              .map((message) => ({ messageId: message.id as string, threadId }))
          }, [])
        },

        /** Delivery status notifications that came into a thread, the newest first, by their ids. Costs 40 quota units. */
        async noticesInThread(threadId: string): Promise<string[]> {
          return found(async () => {
            const metadataHeaders = ['Content-Type']
            const thread = await call('threads.get', () =>
              users.threads.get({ ...me, id: threadId, format: 'metadata', metadataHeaders }, asking),
            )
            return (thread.messages ?? [])
              .filter(({ labelIds }) => !labelIds?.includes('SENT') && !labelIds?.includes('DRAFT'))
              .filter(({ payload }) => isDeliveryReport(headerOf(payload, 'Content-Type') ?? ''))
              .flatMap(({ id }) => id ?? [])
              .reverse()
          }, [])
        },

        /** What a delivery status notification says; null where it is gone, or is none. Costs 20 quota units. */
        async notice(messageId: string): Promise<Notice | null> {
          return found(async () => {
            const { raw } = await call('messages.get', () =>
              users.messages.get({ ...me, id: messageId, format: 'raw' }, asking),
            )
            return readNotice(Buffer.from(required(raw, 'a mail'), 'base64url'))
          }, null)
        },

        /** The RFC Message-ID that a message really bears: Gmail may have put another in the place of ours. */
        async rfcMessageId(messageId: string): Promise<string> {
          const message = await call('messages.get', () =>
            users.messages.get(
              { ...me, id: messageId, format: 'metadata', metadataHeaders: ['Message-ID'] },
              asking,
            ),
          )
          return required(headerOf(message.payload, 'Message-ID'), 'a Message-ID')
        },

        /** A message of this mailbox by its RFC Message-ID, wherever it lies, spam and trash included. */
        async find(
          rfcMessageId: string,
        ): Promise<{ messageId: string; threadId: string; labelIds: string[] } | null> {
          const q = `rfc822msgid:${bare(rfcMessageId)}`
          const list = await call('messages.list', () =>
            users.messages.list({ ...me, q, includeSpamTrash: true, maxResults: 2 }, asking),
          )
          const id = list.messages?.[0]?.id
          if (!id) return null
          return found(async () => {
            const message = await call('messages.get', () =>
              users.messages.get({ ...me, id, format: 'minimal' }, asking),
            )
            return {
              messageId: id,
              threadId: required(message.threadId, 'a thread id'),
              labelIds: message.labelIds ?? [],
            }
          }, null)
        },

        /** The id of the user label of this name, made where there is none; of "a/b" also "a", under which Gmail shows it. */
        async ensureLabel(name: string): Promise<string> {
          const { labels = [] } = await call('labels.list', () => users.labels.list(me, asking))
          let id: string | null | undefined
          for (const path of pathsOf(name)) {
            const known = labels.find((label) => label.name?.toLowerCase() === path.toLowerCase())
            id =
              known?.id ??
              (
                await call('labels.create', () =>
                  users.labels.create({ ...me, requestBody: shown(path) }, asking),
                )
              ).id
          }
          return required(id, 'a label id')
        },

        async modifyLabels(messageId: string, change: { add: string[]; remove: string[] }): Promise<void> {
          const requestBody = { addLabelIds: change.add, removeLabelIds: change.remove }
          await call('messages.modify', () =>
            users.messages.modify({ ...me, id: messageId, requestBody }, asking),
          )
        },
      }
    },
  }

  async function call<T>(
    method: GmailMethod,
    request: () => Promise<{ data: T; status: number }>,
  ): Promise<T> {
    const startedAt = performance.now()
    let status: number | null = null
    try {
      const { data, status: success } = await request()
      status = success
      // An answer that is no JSON object (a proxy's page, say) tells nothing of what was done.
      if (typeof data !== 'object' || data === null) throw unreadable('Gmail’s answer is not a JSON object')
      return data
    } catch (error) {
      if (error instanceof GoogleError) throw error
      const { response, message } = error as {
        response?: { status: number; data: unknown; headers: Headers }
        message?: string
      }
      status = response?.status ?? null
      const refusal = response
        ? { status: response.status, body: response.data, retryAfter: response.headers.get('retry-after') }
        : { status: null, body: null, retryAfter: null }
      throw gmailError({ ...refusal, message: message ?? 'no answer from Gmail' }, clock.now())
    } finally {
      settings.onCall?.({ method, status, ms: performance.now() - startedAt })
    }
  }
}

function headerOf(payload: gmail_v1.Schema$MessagePart | undefined, name: string): string | null | undefined {
  return payload?.headers?.find((header) => header.name?.toLowerCase() === name.toLowerCase())?.value
}

function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined || value === '') throw unreadable(`Gmail’s answer lacks ${what}`)
  return value
}

function unreadable(message: string): GoogleError {
  return new GoogleError('passing', message)
}

async function found<T>(look: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof GoogleError && error.problem === 'not_found') return otherwise
    throw error
  }
}

/** "a/b/c" → "a", "a/b", "a/b/c". */
function pathsOf(name: string): string[] {
  const parts = name.split('/')
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

function shown(name: string) {
  return { name, labelListVisibility: 'labelShow', messageListVisibility: 'show' }
}

/** Gmail's search takes a Message-ID without its angle brackets. */
function bare(rfcMessageId: string): string {
  return rfcMessageId.replace(/^<|>$/g, '')
}
