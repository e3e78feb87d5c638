/**
 * What a call of each method costs, in Gmail's quota units.
 * https://developers.google.com/workspace/gmail/api/reference/quota
 */
export const QUOTA_UNITS: Readonly<Record<string, number>> = {
  getProfile: 5,
  'drafts.create': 10,
  'drafts.get': 5,
  'drafts.list': 5,
  'drafts.send': 100,
  'labels.create': 5,
  'labels.list': 5,
  'messages.get': 20,
  'messages.list': 5,
  'messages.modify': 5,
  'threads.get': 40,
}
