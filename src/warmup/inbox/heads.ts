import { GoogleError } from '../../domain/errors.ts'
import { headersOf } from '../../domain/mail-class.ts'
import type { HeadedMail } from '../../google/inbox.ts'
import type { Run, Warmup } from '../dependencies.ts'
import { OUR_HEADERS } from './classify-mail.ts'

/** Gmail refuses more requests at once for one mailbox ("Too many concurrent requests for user"). */
const AT_ONCE = 5

/** The heads of mails, in their order; of what was deleted meanwhile none. Texts only where they are kept. */
export async function readHeads(
  { inbox, clock }: Warmup,
  run: Run,
  gmailIds: readonly string[],
  withBody: boolean,
): Promise<HeadedMail[]> {
  const headers = [...OUR_HEADERS, ...headersOf(inbox.rules)]
  const heads = await readEach(gmailIds, (id) =>
    unlessRefused(
      run.ask((gmail) => gmail.incoming(id, { headers, withBody })),
      (why) => headless(id, why, clock.now()),
    ),
  )
  return heads.filter((head) => head !== null)
}

/** When mails came in, in their order; null where Gmail does not say. */
export function readTimes(run: Run, gmailIds: readonly string[]): Promise<(Date | null)[]> {
  return readEach(gmailIds, async (id) => {
    const asked = run.ask((gmail) => gmail.incoming(id, { headers: [], withBody: false }))
    return (await unlessRefused(asked, () => null))?.receivedAt ?? null
  })
}

async function readEach<T>(gmailIds: readonly string[], read: (id: string) => Promise<T>): Promise<T[]> {
  const all: T[] = []
  for (let n = 0; n < gmailIds.length; n += AT_ONCE)
    all.push(...(await Promise.all(gmailIds.slice(n, n + AT_ONCE).map(read))))
  return all
}

/** A mail that Gmail refuses to give out holds up no other one. */
async function unlessRefused<T>(asked: Promise<T>, otherwise: (why: string) => T): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof GoogleError && error.problem === 'refused') return otherwise(error.message)
    throw error
  }
}

/** All that is known of such a mail: that it came. */
function headless(gmailId: string, why: string, now: Date): HeadedMail {
  return {
    gmailId,
    threadId: gmailId,
    rfcMessageId: null,
    from: '',
    recipients: [],
    subject: '',
    snippet: `Gmail does not give out this mail: ${why}`,
    labelIds: [],
    size: 0,
    receivedAt: now,
    headers: new Map(),
    body: null,
  }
}
