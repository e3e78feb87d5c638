export const API_SCOPES = [
  'accounts:read',
  'accounts:write',
  'messages:read',
  'tokens:read',
  'tokens:write',
] as const
/** What a key of the API may do. */
export type ApiScope = (typeof API_SCOPES)[number]
