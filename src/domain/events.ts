/** What can happen to an account, a message or the app itself. The words are what the dashboard's feed shows. */
export const EVENT_KINDS = [
  'connected',
  'reconnected',
  'settings_changed',
  'paused',
  'resumed',
  'removed',
  'revoked',
  'needs_reauth',
  'app_refused',
  'app_accepted',
  'google_down',
  'google_up',
  'token_served',
  'notice_failed',
  'planned',
  'steered',
  'engine_changed',
  'sending_stopped',
  'sending_resumed',
  'sent',
  'send_failed',
  'send_unknown',
  'send_not_found',
  'resend_wished',
  'send_again',
  'send_dropped',
  'delivered',
  'rescued',
  'opened',
  'left_unread',
  'moved_to_primary',
  'marked',
  'missing',
  'bounced',
  'reply_dropped',
  'task_failed',
  'tried_again',
  'restored',
  'fetching_changed',
  'route_added',
  'route_removed',
  'handoffs_replayed',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

export type NewEvent = {
  kind: EventKind
  at: Date
  accountId: number | null
  messageId?: number | null
  data?: Record<string, string | number | boolean | null>
}
