// A queue that gives the item with the least key first: a binary heap. What is merged and sorted with it is in stream.ts.

interface Entry<T> {
  readonly key: Buffer;
  readonly item: T;
}

/** Items by the order of their keys. */
export class KeyQueue<T> {
  private readonly heap: Entry<T>[] = [];

  add(key: Buffer, item: T): void {
    const { heap } = this;
    let at = heap.length;
    for (let parent = (at - 1) >> 1; at > 0; parent = (at - 1) >> 1) {
      const above = heap[parent] as Entry<T>;
      if (above.key.compare(key) <= 0) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = { key, item };
  }

  /** Removes the item with the least key; undefined if there is none. */
  take(): T | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first?.item;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (!left) break;
      let least = left;
      if (right && right.key.compare(left.key) < 0) {
        least = right;
        child += 1;
      }
      if (last.key.compare(least.key) <= 0) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return first.item;
  }
}
