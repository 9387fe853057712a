// The limits that hold for what JSONata expressions take and make.

/** Largest result, in bytes of JSON. */
export const maxResultBytes = 1_048_576;

/** A JSONata expression that takes longer is given up, in milliseconds. */
export const maxRunMs = 1000;

/** Deepest nesting of calls within a JSONata expression, and of what it makes. */
export const maxDepth = 200;

/** What the process that runs JSONata may hold, in MB. */
export const maxHeapMb = 96;
