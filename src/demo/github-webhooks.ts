// GitHub's published webhook schemas and example payloads, cut into one small schema per event. Nothing of ours is checked
// here, and nothing is published.
import { createRequire } from 'node:module';

/** One GitHub event with an action of its own. */
export interface GitHubEvent {
  /** Event and action, dotted: `issues.opened`, or `push` for an event without actions. */
  readonly name: string;
  /** A draft-07 schema with only the definitions it reaches. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Real payloads that GitHub published for it; some events have none. */
  readonly examples: readonly unknown[];
}

type Json = Readonly<Record<string, unknown>>;

const load = createRequire(import.meta.url);

/** All events of the published schemas, in the order of their publication. */
export function cutOutEventSchemas(): GitHubEvent[] {
  const published: unknown = load('@octokit/webhooks-schemas/schema.json');
  const definitions = isObject(published) && isObject(published['definitions']) ? published['definitions'] : {};
  const examples = readExamples();
  return Object.entries(definitions).flatMap(([key, definition]) => {
    const [event, action] = key.split('$');
    if (event === undefined || action === undefined || !isObject(definition)) return [];
    const name = action === 'event' ? event : `${event}.${action}`;
    const reached = reachableDefinitions(definition, definitions);
    const schema = { ...definition, $schema: 'http://json-schema.org/draft-07/schema#', definitions: reached };
    return [{ name, schema, examples: examples.get(name) ?? [] }];
  });
}

function reachableDefinitions(root: unknown, definitions: Json): Json {
  const reached: Record<string, unknown> = {};
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const name = key === '$ref' && typeof inner === 'string' ? inner.replace('#/definitions/', '') : null;
      if (name === null) visit(inner);
      else if (!Object.hasOwn(reached, name)) {
        reached[name] = definitions[name];
        visit(reached[name]);
      }
    }
  };
  visit(root);
  return reached;
}

/** Payloads by dotted name. */
function readExamples(): Map<string, unknown[]> {
  const byName = new Map<string, unknown[]>();
  const published: unknown = load('@octokit/webhooks-examples');
  for (const event of Array.isArray(published) ? published : []) {
    if (!isObject(event) || typeof event['name'] !== 'string' || !Array.isArray(event['examples'])) continue;
    for (const example of event['examples']) {
      const action = isObject(example) && typeof example['action'] === 'string' ? `.${example['action']}` : '';
      const name = `${event['name']}${action}`;
      byName.set(name, [...(byName.get(name) ?? []), example]);
    }
  }
  return byName;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
