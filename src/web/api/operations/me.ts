import { z } from 'zod'
import { API_SCOPES } from '../../../domain/api-key.ts'
import { time } from '../account-shape.ts'
import { answer, operation } from '../operation.ts'

export const me = operation({
  id: 'getKey',
  group: 'This API',
  method: 'get',
  route: '/me',
  summary: 'Show the key that asks',
  description: 'To try a key, and to see what it may do. Any valid key will do.',
  scope: null,
  answers: {
    200: {
      means: 'The key, without its secret.',
      shape: z
        .object({
          name: z.string().meta({ description: 'As its operator called it.', examples: ['calendar-sync'] }),
          scopes: z
            .array(z.enum(API_SCOPES))
            .meta({ description: 'What it may do.', examples: [['tokens:read']] }),
          expires_at: time.nullable().meta({ description: 'Null where it has no end.', examples: [null] }),
          last_used_at: time.nullable().meta({
            description: 'Before this call, exact to the minute; null where this is its first.',
          }),
        })
        .meta({ id: 'Key' }),
    },
  },
  problems: [],
  async handle({ key: { name, scopes, expiresAt, lastUsedAt } }) {
    return answer(200, {
      name,
      scopes,
      expires_at: expiresAt?.toISOString() ?? null,
      last_used_at: lastUsedAt?.toISOString() ?? null,
    })
  },
})
