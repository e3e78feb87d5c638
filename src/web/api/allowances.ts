/** What one key may do in a minute, with each web process. */
export const CALLS_PER_MINUTE = 600
export const FORCED_REFRESHES_PER_MINUTE = 60
/** Each is tried at Google, with an OAuth client that the caller names. */
export const CREDENTIALS_PER_MINUTE = 60
