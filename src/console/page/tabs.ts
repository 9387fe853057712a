// What GraphiQL opens with, and what it remembers in this browser, under a name of our own: another GraphiQL that once
// ran at the same address must not lend us its tabs.
import { createLocalStorage } from '@graphiql/toolkit';
import { examples } from '../examples.js';

// GraphiQL puts its own prefix before each name.
const remembered = { tabs: 'graphiql:tabState', query: 'graphiql:query', variables: 'graphiql:variables' } as const;

/** Where GraphiQL keeps tabs, history and theme; never a key. */
export const storage = createLocalStorage({ namespace: 'carillon' });

/** The example operations as GraphiQL's tabs. */
export const exampleTabs = examples.map(({ query, variables }) => ({
  query,
  variables: variables === null ? null : JSON.stringify(variables, null, 2),
}));

/**
 * Makes the first visit show the variables of the first example: GraphiQL reads those of the opening tab from its
 * storage only. Call once before it is mounted.
 */
export function prepareFirstVisit(): void {
  if (storage.getItem(remembered.tabs) !== null) return;
  const first = exampleTabs[0];
  storage.setItem(remembered.query, first?.query ?? '');
  storage.setItem(remembered.variables, first?.variables ?? '');
}

/** Forgets all tabs, so that the next load of the page opens the examples again. */
export function forgetTabs(): void {
  for (const name of Object.values(remembered)) storage.removeItem(name);
}
