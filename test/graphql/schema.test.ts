// The schema as a whole: everything is described, every root field is guarded, and the SDL is what is served.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  graphql,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  specifiedScalarTypes,
} from 'graphql';
import { createSchema } from '../../src/graphql/schema.js';
import { accessTable, roles } from '../../src/security/access.js';

const schema = createSchema();
const own = Object.values(schema.getTypeMap()).filter(
  ({ name }) => !name.startsWith('__') && !specifiedScalarTypes.some((scalar) => scalar.name === name),
);
const rootTypes = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
  (type) => type ?? [],
);
const rootFields = rootTypes.flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));

test('every root field is in the access table, and the table has no other', () => {
  assert.deepEqual(rootFields.sort(), Object.keys(accessTable).sort());
});

test('every root field has a resolver of its own', () => {
  for (const type of rootTypes)
    for (const [name, { resolve, subscribe }] of Object.entries(type.getFields()))
      assert.ok((type.name === 'Subscription' ? subscribe : resolve) !== undefined, `${type.name}.${name}`);
});

test('every role that the table leaves out is refused before anything is looked at', async () => {
  for (const rootField of rootFields) {
    const [typeName, name] = rootField.split('.');
    const field = rootTypes.find((type) => type.name === typeName)?.getFields()[name ?? ''];
    const run = field?.subscribe ?? field?.resolve;
    for (const role of roles) {
      if (accessTable[rootField]?.includes(role)) continue;
      const call = async (): Promise<unknown> =>
        run?.({}, {}, { caller: { role, applicationId: null, apiKeyId: null } }, Object.create(null));
      await assert.rejects(call, { code: 'FORBIDDEN' }, `${role} ${rootField}`);
    }
  }
});

test('a refusal names the role and the field', async () => {
  const contextValue = { caller: { role: 'READER', applicationId: null, apiKeyId: null } };
  const source = 'mutation { deleteApplication(input: { id: "x" }) { deletedId } }';
  const { errors, data } = await graphql({ schema, source, contextValue });
  assert.match(errors?.[0]?.message ?? '', /READER may not use Mutation deleteApplication/);
  assert.equal(data, null);
});

test('every type, field, argument and enum value is described', () => {
  const bare: string[] = [];
  const look = (name: string, description: string | null | undefined): void => {
    if (description == null || description.trim() === '') bare.push(name);
  };
  for (const type of own) {
    if (!rootTypes.some((root) => root === type)) look(type.name, type.description);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value.description);
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      look(`${type.name}.${field.name}`, field.description);
      if ('args' in field)
        for (const argument of field.args) look(`${type.name}.${field.name}(${argument.name})`, argument.description);
    }
  }
  assert.deepEqual(bare, []);
});

test('the descriptions of scalars are those of the SDL', () => {
  const sdl = readFileSync(new URL('../../../schema/ground.graphql', import.meta.url), 'utf8');
  for (const scalar of own.filter(isScalarType))
    assert.ok(sdl.includes(`"${scalar.description}"\nscalar ${scalar.name}`));
});

test('names follow the style', () => {
  for (const type of own) {
    assert.match(type.name, /^[A-Z][A-Za-z]*$/);
    if (isEnumType(type)) for (const { name } of type.getValues()) assert.match(name, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))
      for (const field of Object.values(type.getFields())) assert.match(field.name, /^[a-z][A-Za-z0-9]*$/);
  }
});

test('lists that go out hold no null unless they say why', () => {
  const loose: string[] = [];
  for (const type of own) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const inner = isNonNullType(field.type) ? field.type.ofType : field.type;
      if (isListType(inner) && !(isNonNullType(field.type) && isNonNullType(inner.ofType)))
        loose.push(`${type.name}.${field.name}`);
    }
  }
  assert.deepEqual(loose, ['Query.nodes']);
});

test('every mutation takes one input and answers userErrors', () => {
  for (const [name, field] of Object.entries(schema.getMutationType()?.getFields() ?? {})) {
    assert.deepEqual(
      field.args.map((argument) => argument.name),
      ['input'],
      name,
    );
    const payload = isNonNullType(field.type) ? field.type.ofType : field.type;
    assert.ok(isObjectType(payload) && payload.getFields()['userErrors'] !== undefined, name);
  }
});

test('the scalars are ours, and every record has an identifier', () => {
  assert.deepEqual(
    own
      .filter(isScalarType)
      .map(({ name }) => name)
      .sort(),
    ['DateTime', 'JSON'],
  );
  const node = schema.getType('Node');
  assert.ok(isInterfaceType(node));
  const records = schema.getPossibleTypes(node).map(({ name }) => name);
  assert.deepEqual(records.sort(), [
    'ApiKey',
    'Application',
    'Delivery',
    'DeliveryAttempt',
    'EventType',
    'GenericEvent',
    'LiveClient',
    'Replay',
    'Trigger',
    'WebhookSubscription',
  ]);
});
