import type { gmail_v1 } from 'googleapis/build/src/apis/gmail/v1.js'
import { GoogleError } from '../domain/errors.ts'
import type { IncomingMail } from '../domain/inbox.ts'
import type { CallGmail } from './gmail.ts'
import { HISTORY, INCOMING, LISTED, POSITION, WATCH } from './gmail-shapes.ts'
import { textOfParts, textOfSnippet } from './mail-text.ts'

/** A mail that was added to a mailbox, by whatever way: drafts and sent mail as well. */
export type Added = { gmailId: string; labelIds: string[]; historyId: string }
export type HeadedMail = IncomingMail & {
  /** By their names in small letters; of one that stands more than once, all values with line ends between. */
  headers: ReadonlyMap<string, string>
}

/** A page of as many as Gmail gives: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.history/list */
const MOST_ON_A_PAGE = 500
/**
 * Longer ones are cut: nobody reads them, and whoever sends them means harm. The texts of a whole round, sealed, are kept by one
 * statement, which takes 256 MB.
 */
const LONGEST = { header: 4000, line: 1000, body: 100_000 }
const ALWAYS = ['From', 'To', 'Cc', 'Subject', 'Message-ID']

/** What Gmail tells of a mailbox's new mail. Only reads. */
export function createInbox(
  users: gmail_v1.Resource$Users,
  call: CallGmail,
  asking: { headers: { authorization: string }; signal?: AbortSignal },
) {
  const me = { userId: 'me' }
  return {
    /** Where the mailbox's history stands. Costs 5 quota units. */
    async position(): Promise<string> {
      return (await call('getProfile', POSITION, () => users.getProfile(me, asking))).historyId
    },

    /**
     * What was added after a history id, in its order, a page at a time; null where Gmail knows that id no more. Costs 2
     * quota units.
     */
    async addedSince(
      startHistoryId: string,
      pageToken: string | null,
    ): Promise<{ added: Added[]; historyId: string; next: string | null } | null> {
      try {
        const { history, historyId, nextPageToken } = await call('history.list', HISTORY, () =>
          users.history.list(
            {
              ...me,
              startHistoryId,
              historyTypes: ['messageAdded'],
              maxResults: MOST_ON_A_PAGE,
              ...(pageToken ? { pageToken } : {}),
            },
            asking,
          ),
        )
        const added = history.flatMap(({ id, messagesAdded }) =>
          messagesAdded.map(({ message }) => ({
            gmailId: message.id,
            labelIds: message.labelIds,
            historyId: id,
          })),
        )
        return { added, historyId, next: nextPageToken ?? null }
      } catch (error) {
        if (error instanceof GoogleError && error.problem === 'not_found') return null
        throw error
      }
    },

    /** The ids of what a search finds, spam and trash included, the newest first, a page at a time. Costs 5 quota units. */
    async search(q: string, pageToken: string | null): Promise<{ ids: string[]; next: string | null }> {
      const { messages, nextPageToken } = await call('messages.list', LISTED, () =>
        users.messages.list(
          {
            ...me,
            q,
            includeSpamTrash: true,
            maxResults: MOST_ON_A_PAGE,
            ...(pageToken ? { pageToken } : {}),
          },
          asking,
        ),
      )
      return { ids: messages.map(({ id }) => id), next: nextPageToken ?? null }
    },

    /** What the head of a mail says, and its text where that is wanted; null where it is gone. Costs 20 quota units. */
    async incoming(
      gmailId: string,
      { headers, withBody }: { headers: readonly string[]; withBody: boolean },
    ): Promise<HeadedMail | null> {
      try {
        const mail = await call('messages.get', INCOMING, () =>
          users.messages.get(
            withBody
              ? { ...me, id: gmailId, format: 'full' }
              : { ...me, id: gmailId, format: 'metadata', metadataHeaders: [...ALWAYS, ...headers] },
            asking,
          ),
        )
        return headedMail(mail, withBody)
      } catch (error) {
        if (error instanceof GoogleError && error.problem === 'not_found') return null
        throw error
      }
    },

    /**
     * Has Google publish each change of the inbox to a Pub/Sub topic, for seven days. Costs 100 quota units.
     * https://developers.google.com/workspace/gmail/api/guides/push
     */
    async watch(topicName: string): Promise<Date> {
      const { expiration } = await call('watch', WATCH, () =>
        users.watch({ ...me, requestBody: { topicName } }, asking),
      )
      return new Date(expiration)
    },
  }
}

type Incoming = ReturnType<typeof INCOMING.parse>

function headedMail(mail: Incoming, withBody: boolean): HeadedMail {
  const headers = new Map<string, string>()
  for (const { name, value } of mail.payload.headers) {
    const key = name.toLowerCase()
    const known = headers.get(key)
    headers.set(key, plain(known === undefined ? value : `${known}\n${value}`, LONGEST.header))
  }
  const line = (name: string) => plain(headers.get(name) ?? '', LONGEST.line)
  const recipients = [line('to'), line('cc')].filter((part) => part !== '')
  return {
    gmailId: mail.id,
    threadId: mail.threadId,
    rfcMessageId: line('message-id').trim() || null,
    from: line('from'),
    recipients,
    subject: line('subject'),
    snippet: plain(textOfSnippet(mail.snippet), LONGEST.line),
    labelIds: mail.labelIds,
    size: mail.sizeEstimate,
    receivedAt: new Date(mail.internalDate),
    headers,
    body: withBody ? plain(textOfParts(mail.payload), LONGEST.body) || null : null,
  }
}

/** Neither NUL nor half of a surrogate pair can be kept in Postgres. */
function plain(text: string, longest: number): string {
  return text.replaceAll('\0', '').slice(0, longest).toWellFormed()
}
