import { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1.js'
import type { z } from 'zod'
import type { Clock } from '../domain/clock.ts'
import type { Notice } from '../domain/delivery-status.ts'
import { GoogleError, wordsOf } from '../domain/errors.ts'
import { isDeliveryReport, readNotice } from './delivery-notice.ts'
import {
  DRAFT,
  DRAFTS,
  HEAD,
  HEADERS,
  LABELS,
  MESSAGE,
  MESSAGES,
  NAMED,
  PROFILE,
  RAW,
  readShape,
  SENT,
  THREAD,
} from './gmail-shapes.ts'
import { createInbox } from './inbox.ts'
import { encodeMail, type Mail } from './mime.ts'
import { readAnswer, unreadable } from './problems.ts'
import { type Answered, createTransport } from './transport.ts'

export type GmailMethod =
  | 'getProfile'
  | 'history.list'
  | 'watch'
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

export type SentMail = {
  messageId: string
  threadId: string
  /** What it bears; where Gmail put that in, what it bore before. */
  rfcMessageId: string
  originalMessageId: string | null
  inReplyTo: string | null
  sentAt: Date
}

export type GmailSettings = {
  apiRoot: string
  /** Longest wait for an answer, in real milliseconds. */
  timeoutMs: number
  /** Told of every call, for who counts them. */
  onCall?(call: GmailCall): void
}

/** Asks Gmail and reads of the answer what is relied on. @throws GoogleError */
export type CallGmail = <Shape extends z.ZodType>(
  method: GmailMethod,
  shape: Shape,
  request: () => Promise<object>,
) => Promise<z.output<Shape>>

export type Gmail = ReturnType<typeof createGmail>
/** One mailbox, for as long as its access token lives. Every method throws GoogleError and nothing else. */
export type Mailbox = ReturnType<Gmail['open']>

/** Gmail's API by Google's own client, which is given an access token and nothing that it could refresh. */
export function createGmail(settings: GmailSettings, clock: Clock) {
  const transport = createTransport(settings.timeoutMs)
  const { users } = new gmail_v1.Gmail({
    rootUrl: settings.apiRoot,
    retry: false,
    adapter: transport.ask,
    // Refusals are answers too: they are read here.
    validateStatus: () => true,
  })

  return {
    close: transport.close,

    open(accessToken: string, signal?: AbortSignal) {
      const asking = { headers: { authorization: `Bearer ${accessToken}` }, ...(signal ? { signal } : {}) }
      const me = { userId: 'me' }

      /** The head of a message that this mailbox sent. Costs 20 quota units. */
      async function sentMail(messageId: string): Promise<SentMail> {
        const metadataHeaders = ['Message-ID', 'X-Google-Original-Message-ID', 'In-Reply-To']
        const { payload, threadId, internalDate } = await call('messages.get', HEAD, () =>
          users.messages.get({ ...me, id: messageId, format: 'metadata', metadataHeaders }, asking),
        )
        return {
          messageId,
          threadId,
          rfcMessageId: messageIdOf(payload),
          originalMessageId: headerOf(payload, 'X-Google-Original-Message-ID') ?? null,
          inReplyTo: headerOf(payload, 'In-Reply-To') ?? null,
          sentAt: new Date(internalDate),
        }
      }

      return {
        ...createInbox(users, call, asking),

        async address(): Promise<string> {
          return (await call('getProfile', PROFILE, () => users.getProfile(me, asking))).emailAddress
        },

        /** Where a thread is given, Gmail files the draft there only if subject and References fit as well. */
        async createDraft(
          mail: Mail,
          threadId: string | null,
        ): Promise<{ draftId: string; threadId: string }> {
          const raw = await encodeMail(mail)
          const message = { raw, ...(threadId ? { threadId } : {}) }
          const draft = await call('drafts.create', DRAFT, () =>
            users.drafts.create({ ...me, requestBody: { message } }, asking),
          )
          return { draftId: draft.id, threadId: draft.message.threadId }
        },

        /** The draft that carries this RFC Message-ID, if there is one. */
        async findDraft(rfcMessageId: string): Promise<{ draftId: string; threadId: string } | null> {
          const { drafts } = await call('drafts.list', DRAFTS, () =>
            users.drafts.list({ ...me, q: `rfc822msgid:${bare(rfcMessageId)}` }, asking),
          )
          const [draft] = drafts
          return draft ? { draftId: draft.id, threadId: draft.message.threadId } : null
        },

        /** Mails that this mailbox sent, by its search, trash included. Costs 5 quota units, and 20 for each. */
        async searchSent(query: string): Promise<SentMail[]> {
          const q = `in:sent ${query}`
          const { messages } = await call('messages.list', MESSAGES, () =>
            users.messages.list({ ...me, q, includeSpamTrash: true, maxResults: 20 }, asking),
          )
          const found: SentMail[] = []
          for (const { id } of messages) found.push(await sentMail(id))
          return found
        },

        sentMail,

        async draftExists(draftId: string): Promise<boolean> {
          return found(async () => {
            await call('drafts.get', NAMED, () =>
              users.drafts.get({ ...me, id: draftId, format: 'minimal' }, asking),
            )
            return true
          }, false)
        },

        /** Sending makes a new message of the draft, with an id of its own. An answer without it is no success. */
        async sendDraft(draftId: string): Promise<{ messageId: string; threadId: string }> {
          const { id, threadId } = await call('drafts.send', SENT, () =>
            users.drafts.send({ ...me, requestBody: { id: draftId } }, asking),
          )
          return { messageId: id, threadId }
        },

        /** The messages of a thread that were sent from this mailbox, oldest first. Costs 40 quota units. */
        async sentInThread(threadId: string): Promise<{ messageId: string; threadId: string }[]> {
          return found(async () => {
            const thread = await call('threads.get', THREAD, () =>
              users.threads.get({ ...me, id: threadId, format: 'minimal' }, asking),
            )
            return thread.messages
              .filter(({ labelIds }) => labelIds.includes('SENT'))
              .map(({ id }) => ({ messageId: id, threadId }))
          }, [])
        },

        /** Delivery status notifications that came into a thread, the newest first, by their ids. Costs 40 quota units. */
        async noticesInThread(threadId: string): Promise<string[]> {
          return found(async () => {
            const metadataHeaders = ['Content-Type']
            const thread = await call('threads.get', THREAD, () =>
              users.threads.get({ ...me, id: threadId, format: 'metadata', metadataHeaders }, asking),
            )
            return thread.messages
              .filter(({ labelIds }) => !labelIds.includes('SENT') && !labelIds.includes('DRAFT'))
              .filter(({ payload }) => isDeliveryReport(headerOf(payload, 'Content-Type') ?? ''))
              .map(({ id }) => id)
              .reverse()
          }, [])
        },

        /** What a delivery status notification says; null where it is gone, or is none. Costs 20 quota units. */
        async notice(messageId: string): Promise<Notice | null> {
          return found(async () => {
            const { raw } = await call('messages.get', RAW, () =>
              users.messages.get({ ...me, id: messageId, format: 'raw' }, asking),
            )
            return readNotice(Buffer.from(raw, 'base64url'))
          }, null)
        },

        /** The RFC Message-ID that a message really bears: Gmail may have put another in the place of ours. */
        async rfcMessageId(messageId: string): Promise<string> {
          const { payload } = await call('messages.get', HEADERS, () =>
            users.messages.get(
              { ...me, id: messageId, format: 'metadata', metadataHeaders: ['Message-ID'] },
              asking,
            ),
          )
          return messageIdOf(payload)
        },

        /** A message of this mailbox by its RFC Message-ID, wherever it lies, spam and trash included. */
        async find(
          rfcMessageId: string,
        ): Promise<{ messageId: string; threadId: string; labelIds: string[] } | null> {
          const q = `rfc822msgid:${bare(rfcMessageId)}`
          const { messages } = await call('messages.list', MESSAGES, () =>
            users.messages.list({ ...me, q, includeSpamTrash: true, maxResults: 2 }, asking),
          )
          const [first] = messages
          if (!first) return null
          const { id } = first
          return found(async () => {
            const { threadId, labelIds } = await call('messages.get', MESSAGE, () =>
              users.messages.get({ ...me, id, format: 'minimal' }, asking),
            )
            return { messageId: id, threadId, labelIds }
          }, null)
        },

        /** The id of the user label of this name, made where there is none; of "a/b" also "a", under which Gmail shows it. */
        async ensureLabel(name: string): Promise<string> {
          const { labels } = await call('labels.list', LABELS, () => users.labels.list(me, asking))
          let id = ''
          for (const path of pathsOf(name)) {
            const known = labels.find((label) => label.name.toLowerCase() === path.toLowerCase())
            const create = () => users.labels.create({ ...me, requestBody: shown(path) }, asking)
            id = (known ?? (await call('labels.create', NAMED, create))).id
          }
          return id
        },

        async modifyLabels(messageId: string, change: { add: string[]; remove: string[] }): Promise<void> {
          const requestBody = { addLabelIds: change.add, removeLabelIds: change.remove }
          await call('messages.modify', NAMED, () =>
            users.messages.modify({ ...me, id: messageId, requestBody }, asking),
          )
        },
      }
    },
  }

  /** The answer, as far as it is relied on. @throws GoogleError */
  async function call<Shape extends z.ZodType>(
    method: GmailMethod,
    shape: Shape,
    request: () => Promise<object>,
  ): Promise<z.output<Shape>> {
    const startedAt = performance.now()
    let status: number | null = null
    try {
      const answer = (await request().catch(unanswered)) as Answered
      status = answer.status
      const { data: body, headers, statusText: message } = answer
      const refusal = readAnswer(
        'gmail',
        { status, body, retryAfter: headers['retry-after'] ?? null, message },
        clock.now(),
      )
      if (refusal) throw refusal
      return readShape(method, shape, body)
    } finally {
      settings.onCall?.({ method, status, ms: performance.now() - startedAt })
    }
  }
}

function unanswered(error: unknown): Answered {
  return { status: null, statusText: wordsOf(error), headers: {}, data: null }
}

function messageIdOf(payload: { headers: { name: string; value: string }[] }): string {
  const bears = headerOf(payload, 'Message-ID')
  if (!bears) throw unreadable('Gmail’s answer to messages.get lacks a Message-ID')
  return bears
}

function headerOf(payload: { headers: { name: string; value: string }[] }, name: string): string | undefined {
  return payload.headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value
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
