import { CAME_BACK } from '../../domain/task.ts'
import type { Warmup } from '../dependencies.ts'
import type { AboutWarmup } from './classify-mail.ts'

/**
 * What the warmup makes of mail that is about its own: of a mail that came back, its recipient's look is brought forward,
 * which reads the notice; where a person has answered, the answer that was planned is dropped, as nobody answers twice.
 */
export async function tellWarmup({ store, clock }: Warmup, answers: readonly AboutWarmup[]): Promise<void> {
  const now = clock.now()
  for (const { mail, about } of answers) {
    if (mail.class === 'bounce') await store.tasks.bringForwardOf(about.id, 'open', now, CAME_BACK)
    if (mail.class === 'reply')
      await store.transaction(async (tx) => {
        const reason = 'a person has answered the mail that it answers'
        const dropped = await tx.messages.dropReplyTo(about.id, reason)
        if (dropped)
          await tx.events.add({
            kind: 'reply_dropped',
            at: now,
            accountId: about.recipientId,
            messageId: dropped,
            data: { reason },
          })
      })
  }
}
