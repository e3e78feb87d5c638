/** Things that belong to mailboxes, each found by its key, those of one mailbox without a look at all others. */
export class OfMailboxes<T extends { mailbox: string }> {
  readonly #keyOf: (item: T) => string
  readonly #all = new Map<string, T>()
  readonly #byMailbox = new Map<string, Map<string, T>>()

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf
  }

  get(key: string): T | undefined {
    return this.#all.get(key)
  }

  values(): T[] {
    return [...this.#all.values()]
  }

  of(mailbox: string): T[] {
    return [...(this.#byMailbox.get(mailbox)?.values() ?? [])]
  }

  put(item: T): void {
    const key = this.#keyOf(item)
    this.#all.set(key, item)
    const siblings = this.#byMailbox.get(item.mailbox)
    if (siblings) siblings.set(key, item)
    else this.#byMailbox.set(item.mailbox, new Map([[key, item]]))
  }

  drop(key: string): void {
    const item = this.#all.get(key)
    if (!item) return
    this.#all.delete(key)
    const siblings = this.#byMailbox.get(item.mailbox)
    siblings?.delete(key)
    if (siblings?.size === 0) this.#byMailbox.delete(item.mailbox)
  }
}
