// A queue that gives the item with the least key first, for a few hundred items. What is merged and sorted with it is in sorted-stream.ts.

/** Items by the order of their keys; of equal keys the first one added comes first. */
export class KeyQueue<T> {
  /** the next one is the last */
  private readonly entries: { readonly key: Buffer; readonly item: T }[] = [];

  add(key: Buffer, item: T): void {
    let from = 0;
    let to = this.entries.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.entries[middle] && key.compare(this.entries[middle].key) < 0) from = middle + 1;
      else to = middle;
    }
    this.entries.splice(from, 0, { key, item });
  }

  /** Removes the item with the least key; undefined if there is none. */
  take(): T | undefined {
    return this.entries.pop()?.item;
  }
}
