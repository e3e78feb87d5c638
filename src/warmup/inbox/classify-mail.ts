import type { WarmupMail } from '../../db/inbox.ts'
import { HANDED_ON_BY, HANDOFF } from '../../domain/handed-mail.ts'
import type { ClassifiedMail } from '../../domain/inbox.ts'
import { classOf } from '../../domain/mail-class.ts'
import type { HeadedMail } from '../../google/inbox.ts'
import type { Warmup } from '../dependencies.ts'

/** Where a mail bears its own Message-ID, and the one that Gmail took from it. */
const OWN = ['message-id', 'x-google-original-message-id']
/** Where it names the mails that it answers, or tells of. */
const OTHERS = ['in-reply-to', 'references']
const HANDED_ON = HANDED_ON_BY.toLowerCase()
/** How the Message-ID of such a mail begins: what answers it, or tells that it came back, would go round as well. */
const HANDED_ON_ID = `<${HANDOFF}`
export const OUR_HEADERS = [...OWN, ...OTHERS, HANDED_ON]

/** A mail that answers, or tells of, a warmup mail that its mailbox sent. */
export type AboutWarmup = { mail: ClassifiedMail; about: WarmupMail }

/** Says what each mail is. Warmup mail is known by the Message-IDs that we keep, and by nothing else. */
export async function classifyMail(
  { store, inbox }: Warmup,
  accountId: number,
  heads: readonly HeadedMail[],
): Promise<{ mails: ClassifiedMail[]; answers: AboutWarmup[] }> {
  const bears = (head: HeadedMail, names: readonly string[]) =>
    names.flatMap((name) => head.headers.get(name)?.match(/<[^<>\s]+>/g) ?? [])
  const ids = new Set(heads.flatMap((head) => bears(head, [...OWN, ...OTHERS])))
  const known = await store.inbox.warmupMails([...ids])
  const find = (head: HeadedMail, names: readonly string[], is: (mail: WarmupMail) => boolean) => {
    const borne = bears(head, names)
    return known.findLast((mail) => borne.includes(mail.rfcMessageId) && is(mail))
  }
  const answers: AboutWarmup[] = []
  const mails = heads.map((head) => {
    const isWarmup = find(head, OWN, ({ recipientId }) => recipientId === accountId) !== undefined
    const about = find(head, OTHERS, ({ senderId }) => senderId === accountId)
    const { headers, labelIds: labels, ...rest } = head
    const facts = { ...rest, headers, labels, isWarmup, isAboutWarmup: !isWarmup && about !== undefined }
    const isHandedOn = headers.has(HANDED_ON) || bears(head, OTHERS).some((id) => id.startsWith(HANDED_ON_ID))
    const mail: ClassifiedMail = { ...rest, labelIds: labels, isHandedOn, ...classOf(facts, inbox.rules) }
    if (about && !isWarmup) answers.push({ mail, about })
    return mail
  })
  return { mails, answers }
}
