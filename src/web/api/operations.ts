import { z } from 'zod'
import { type ApiDocument, createApiDocument } from './document.ts'
import { answer, type Operation, operation } from './operation.ts'
import { getAccount, listAccounts, pause, remove, resume } from './operations/accounts.ts'
import { connectLink } from './operations/connect-link.ts'
import { putCredentials } from './operations/credentials.ts'
import { me } from './operations/me.ts'
import { getMessage, listMessages } from './operations/messages.ts'
import { getToken, refreshToken } from './operations/tokens.ts'

const describeApi = operation({
  id: 'getDocument',
  group: 'This API',
  method: 'get',
  route: '/openapi.json',
  summary: 'Get this description',
  description: 'The API as an OpenAPI 3.1 document. Any valid key will do, or an operator’s session.',
  scope: null,
  answers: {
    200: { means: 'The document.', shape: z.looseObject({}).meta({ description: 'OpenAPI 3.1.' }) },
  },
  problems: [],
  handle: async () => answer(200, { ...API_DOCUMENT }),
})

/** Everything that the API does, in the order in which it is described. */
export const OPERATIONS: readonly Operation[] = [
  getToken,
  refreshToken,
  putCredentials,
  listAccounts,
  getAccount,
  connectLink,
  pause,
  resume,
  remove,
  listMessages,
  getMessage,
  me,
  describeApi,
]

export const API_DOCUMENT: ApiDocument = createApiDocument(OPERATIONS)
