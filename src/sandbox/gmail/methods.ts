import type { Call } from './call.ts'
import { createDraft, deleteDraft, getDraft, listDrafts, sendDraft, updateDraft } from './drafts.ts'
import { listHistory } from './history.ts'
import { createLabel, deleteLabel, getLabel, listLabels, patchLabel, updateLabel } from './labels.ts'
import {
  batchModify,
  getAttachment,
  getMessage,
  listMessages,
  modifyMessage,
  movingMessage,
  sendMessage,
} from './messages.ts'
import { getProfile } from './profile.ts'
import { NEEDS } from './scopes.ts'
import { getThread, listThreads, modifyThread, movingThread } from './threads.ts'
import { stop, watch } from './watch.ts'

export type Method = {
  id: string
  /** The verb and what follows `/gmail/v1/users/{userId}/`. */
  route: string
  /** The query parameters it knows. */
  query: string[]
  scopes: string[]
  /** Quota units of one call. */
  units: number
  run: (call: Call) => unknown
}

const LIST = ['includeSpamTrash', 'maxResults', 'pageToken', 'q']
const GET = ['format', 'metadataHeaders']
const HISTORY = ['historyTypes', 'labelId', 'maxResults', 'pageToken', 'startHistoryId']

export const METHODS: Method[] = [
  method('getProfile', 'GET profile', NEEDS.profile, 5, getProfile),

  method('messages.list', 'GET messages', NEEDS.look, 5, listMessages, [...LIST, 'labelIds']),
  method('messages.get', 'GET messages/{id}', NEEDS.look, 20, getMessage, GET),
  method('messages.send', 'POST messages/send', NEEDS.send, 100, sendMessage),
  method('messages.batchModify', 'POST messages/batchModify', NEEDS.modify, 5, batchModify),
  method('messages.modify', 'POST messages/{id}/modify', NEEDS.modify, 5, modifyMessage),
  method('messages.trash', 'POST messages/{id}/trash', NEEDS.modify, 5, movingMessage(['TRASH'], [])),
  method('messages.untrash', 'POST messages/{id}/untrash', NEEDS.modify, 5, movingMessage([], ['TRASH'])),
  method(
    'messages.attachments.get',
    'GET messages/{messageId}/attachments/{id}',
    NEEDS.read,
    5,
    getAttachment,
  ),

  method('drafts.list', 'GET drafts', NEEDS.readDrafts, 5, listDrafts, LIST),
  method('drafts.get', 'GET drafts/{id}', NEEDS.readDrafts, 5, getDraft, ['format']),
  method('drafts.create', 'POST drafts', NEEDS.writeDrafts, 10, createDraft),
  method('drafts.send', 'POST drafts/send', NEEDS.writeDrafts, 100, sendDraft),
  method('drafts.update', 'PUT drafts/{id}', NEEDS.writeDrafts, 5, updateDraft),
  method('drafts.delete', 'DELETE drafts/{id}', NEEDS.writeDrafts, 5, deleteDraft),

  method('threads.list', 'GET threads', NEEDS.look, 5, listThreads, [...LIST, 'labelIds']),
  method('threads.get', 'GET threads/{id}', NEEDS.look, 40, getThread, GET),
  method('threads.modify', 'POST threads/{id}/modify', NEEDS.modify, 5, modifyThread),
  method('threads.trash', 'POST threads/{id}/trash', NEEDS.modify, 5, movingThread(['TRASH'], [])),
  method('threads.untrash', 'POST threads/{id}/untrash', NEEDS.modify, 5, movingThread([], ['TRASH'])),

  method('labels.list', 'GET labels', NEEDS.readLabels, 5, listLabels),
  method('labels.get', 'GET labels/{id}', NEEDS.readLabels, 5, getLabel),
  method('labels.create', 'POST labels', NEEDS.writeLabels, 5, createLabel),
  method('labels.update', 'PUT labels/{id}', NEEDS.writeLabels, 5, updateLabel),
  method('labels.patch', 'PATCH labels/{id}', NEEDS.writeLabels, 5, patchLabel),
  method('labels.delete', 'DELETE labels/{id}', NEEDS.writeLabels, 5, deleteLabel),

  method('history.list', 'GET history', NEEDS.look, 2, listHistory, HISTORY),

  method('watch', 'POST watch', NEEDS.watch, 100, watch),
  method('stop', 'POST stop', NEEDS.watch, 50, stop),
]

function method(
  name: string,
  route: string,
  scopes: string[],
  units: number,
  run: Method['run'],
  query: string[] = [],
): Method {
  return { id: `gmail.users.${name}`, route, query, scopes, units, run }
}
