import PostalMime, { type Attachment } from 'postal-mime'
import type { Notice } from '../domain/delivery-status.ts'

/** Larger ones are not read: a notice gives back headers, or one of our own short mails. */
const MOST_BYTES = 1_000_000

const REPORT = ['message/delivery-status', 'message/global-delivery-status']
const RETURNED = ['message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers']

/** Whether a Content-Type is that of a delivery status notification (RFC 6522, RFC 3464). */
export function isDeliveryReport(contentType: string): boolean {
  return (
    /^\s*multipart\/report\b/i.test(contentType) && /;\s*report-type="?delivery-status\b/i.test(contentType)
  )
}

/** Reads a mail as a delivery status notification; null where it is none, or can't be read. */
export async function readNotice(raw: Buffer): Promise<Notice | null> {
  if (raw.length > MOST_BYTES) return null
  try {
    const mail = await PostalMime.parse(raw, { forceRfc822Attachments: true })
    const contentType = mail.headers.find(({ key }) => key === 'content-type')?.value ?? ''
    const report = partOf(mail.attachments, REPORT)
    if (!isDeliveryReport(contentType) || !report) return null
    const returned = partOf(mail.attachments, RETURNED)
    return {
      report: textOf(report),
      returned: returned ? ((await PostalMime.parse(textOf(returned))).messageId ?? null) : null,
      inReplyTo: mail.inReplyTo ?? null,
      references: mail.references ?? null,
    }
  } catch {
    // Too many parts or headers: whatever that is, it is no notice of ours.
    return null
  }
}

function partOf(parts: readonly Attachment[], types: readonly string[]): Attachment | undefined {
  return parts.find(({ mimeType }) => types.includes(mimeType.toLowerCase()))
}

function textOf({ content }: Attachment): string {
  return typeof content === 'string' ? content : Buffer.from(content as ArrayBuffer).toString()
}
