// The packages that only rare work needs. Loading them takes longer than all else at start, so it waits for their first use.
import { createRequire } from 'node:module';
import type * as Bson from 'bson';
import type * as Mingo from 'mingo';
import type * as Re2 from 're2js';

const load = createRequire(import.meta.url);

/** `bson`: decoding for aggregation, and the text of decimals. */
export const bson = (): typeof Bson => load('bson') as typeof Bson;

/** `mingo`: aggregation stages and expressions. */
export const mingo = (): typeof Mingo => load('mingo') as typeof Mingo;

/** `re2js`: regular expressions that take linear time. */
export const re2js = (): typeof Re2 => load('re2js') as typeof Re2;
