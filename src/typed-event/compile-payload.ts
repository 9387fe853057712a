// The compiler of payloads: a JSON Schema becomes GraphQL types with resolvers that read the event's data. What subschemas mean
// is shape.ts, names are names.ts; the event around the payload is the GraphQL door's.
import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfigMap,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  type GraphQLNullableType,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
  GraphQLUnionType,
} from 'graphql';
import { isEnumValueName, toFieldNames, toFreeName, toPartName } from './names.js';
import {
  type PayloadContext,
  type ReadValue,
  readBoolean,
  readEnum,
  readJson,
  readList,
  readObject,
  readScalar,
} from './read-value.js';
import { type ApiScalars, scalarOfNumber, scalarOfText } from './scalars.js';
import { readShape, type Shape } from './shape.js';
import { isSubschema, readSubschemas, type Subschema } from './subschema.js';
import { findDiscriminator } from './union.js';

/** A payload as GraphQL sees it. */
export interface CompiledPayload {
  readonly type: GraphQLOutputType;
  readonly read: ReadValue;
  /** Types of its own. */
  readonly types: readonly GraphQLNamedType[];
  /** Said about the whole; null for nothing. */
  readonly note: string | null;
}

/** What compiling needs. */
export interface CompilePayloadOptions {
  /** Name of the whole payload's type and the beginning of all others, such as `OrderCreatedPayload`. */
  readonly name: string;
  readonly scalars: ApiScalars;
}

/** In the extensions of a field `payload` and of every object type of a payload: they depend on the event's data alone. */
export const payloadMark = { kind: 'payload' } as const;

/** Most types of one payload; what is beyond them is `JSON`. */
const maxTypes = 2000;
/** Most members of a union. */
const maxMembers = 100;

/** A type for the values of some subschemas. */
interface Made {
  readonly type: GraphQLNullableType & GraphQLOutputType;
  readonly isNullable: boolean;
  readonly read: ReadValue;
  readonly note: string | null;
}

type NamedMade = Omit<Made, 'isNullable' | 'note'> & { readonly type: GraphQLNamedType & GraphQLOutputType };

/** Compiles a schema that `compileSchema` accepts. Takes a millisecond or so for a hundred properties. Never throws. */
export function compilePayload(schema: Subschema, { name, scalars }: CompilePayloadOptions): CompiledPayload {
  const reader = readSubschemas(schema);
  const types = new Map<string, GraphQLNamedType>();
  const byKey = new Map<string, NamedMade>();
  const unfinished: (() => void)[] = [];
  /** Keys of what is being made: what comes upon itself without an object in between has no end. */
  const making = new Set<string>();

  const toJson = (reason: string, isNullable = true): Made => ({
    type: scalars.json,
    isNullable,
    read: readJson,
    note: `JSON as it is: it ${reason}.`,
  });

  function make(schemas: readonly unknown[], hint: string): Made {
    const shape = readShape(reader, schemas);
    if (shape.problem !== null) return toJson(shape.problem, true);
    if (making.has(shape.key) && shape.types?.has('object') !== true)
      return toJson('refers to itself without an object in between', shape.isNullable);
    const isFirst = !making.has(shape.key);
    making.add(shape.key);
    try {
      return shape.alternatives === null ? makePlain(shape, hint) : makeChoice(shape, hint);
    } finally {
      if (isFirst) making.delete(shape.key);
    }
  }

  function makePlain(shape: Shape, hint: string): Made {
    const { types: allowed, isNullable, values } = shape;
    if (allowed === null) return toJson('may be anything', isNullable);
    const [type] = allowed;
    if (type === undefined) return toJson('is always null', true);
    if (allowed.size > 1) return toJson(`may be of several types (${[...allowed].join(', ')})`, isNullable);
    switch (type) {
      case 'string':
        return { ...makeText(shape, hint), isNullable };
      case 'number':
      case 'integer': {
        const { scalar, note } = scalarOfNumber({ ...shape, values: values?.filter((one) => one !== null) ?? null });
        return { type: scalar, isNullable, read: readScalar(scalar), note: joined(note, listed(values)) };
      }
      case 'boolean':
        return { type: GraphQLBoolean, isNullable, read: readBoolean, note: null };
      case 'object':
        if (shape.properties.size === 0) return toJson('is an object whose properties have no names', isNullable);
        return { ...makeObject(shape, hint), isNullable, note: null };
      case 'array':
        return { ...makeList(shape, hint), isNullable };
      case 'null':
        return toJson('is always null', true);
      default:
        return type satisfies never;
    }
  }

  function makeText({ key, values, format }: Shape, hint: string): Omit<Made, 'isNullable'> {
    const texts = values?.filter((value): value is string => typeof value === 'string') ?? null;
    if (texts === null) {
      const scalar = scalarOfText(format, scalars);
      const isPlain = scalar === GraphQLString && format !== null;
      return { type: scalar, read: readScalar(scalar), note: isPlain ? `Format \`${format}\`.` : null };
    }
    if (texts.length === 0 || !texts.every(isEnumValueName)) {
      const note = `${listed(texts)} No enum, since not all of them are GraphQL names.`;
      return { type: GraphQLString, read: readScalar(GraphQLString), note };
    }
    return { ...makeEnum(key, texts, hint), note: null };
  }

  function makeEnum(key: string, texts: readonly string[], hint: string): NamedMade {
    return once(key, hint, (typeName) => {
      const values = texts.map((text) => [text, { description: `The text \`${text}\`.` }]);
      const type = new GraphQLEnumType({
        name: typeName,
        description: `One of the texts that the schema of ${name} lists here.`,
        values: Object.fromEntries(values),
      });
      return { type, read: readEnum(type) };
    });
  }

  function makeList({ items, isTuple }: Shape, hint: string): Omit<Made, 'isNullable'> {
    const item = isTuple
      ? toJson('has schemas by position')
      : items === null
        ? toJson('may be anything')
        : make(items, items.length === 1 ? nameFor(items[0], hint) : hint);
    return { type: new GraphQLList(nullability(item)), read: readList(item.read), note: prefixed(item.note) };
  }

  function makeObject(shape: Shape, hint: string): NamedMade {
    return once(shape.key, hint, (typeName) => {
      const fields: GraphQLFieldConfigMap<unknown, PayloadContext> = {};
      unfinished.push(() => Object.assign(fields, makeFields(shape, typeName)));
      const description = `An object of the payload ${name}.`;
      const type = new GraphQLObjectType<unknown, PayloadContext>({
        name: typeName,
        description,
        extensions: { carillon: payloadMark },
        fields: () => fields,
      });
      return { type, read: readObject };
    });
  }

  function makeFields(shape: Shape, typeName: string): GraphQLFieldConfigMap<unknown, PayloadContext> {
    const fields: GraphQLFieldConfigMap<unknown, PayloadContext> = {};
    const names = toFieldNames(shape.properties.keys());
    for (const [property, schemas] of shape.properties) {
      const field = names.get(property) ?? property;
      const part = toPartName(typeName, property);
      const made = make(schemas, schemas.length === 1 ? nameFor(schemas[0], part) : part);
      const { read } = made;
      const isSure = shape.required.has(property);
      fields[field] = {
        type: isSure ? nullability(made) : made.type,
        description: describe(property, field, { schemas, note: made.note }),
        resolve(source, _args, context) {
          const value = Object.hasOwn(source as object, property)
            ? (source as Readonly<Record<string, unknown>>)[property]
            : null;
          return value === null ? null : read(value, context);
        },
      };
    }
    return fields;
  }

  /** The name for a schema's type: that of its definition where it is a reference, else the one for its place. */
  function nameFor(schema: unknown, place: string): string {
    const definition = reader.definitionOf(schema);
    return definition === null ? place : toPartName(name, definition);
  }

  function makeChoice(shape: Shape, hint: string): Made {
    const members: { readonly shape: Shape; readonly schemas: readonly unknown[] }[] = [];
    let isNullable = false;
    const collect = (alternatives: readonly (readonly unknown[])[], depth: number): void => {
      for (const schemas of alternatives) {
        const inner = readShape(reader, schemas);
        if (inner.alternatives !== null && inner.problem === null && depth < 5) {
          collect(inner.alternatives, depth + 1);
          continue;
        }
        isNullable ||= inner.isNullable;
        const isNull = inner.types !== null && inner.types.size === 0;
        if (!isNull && !members.some((one) => one.shape.key === inner.key)) members.push({ shape: inner, schemas });
      }
    };
    collect(shape.alternatives ?? [], 0);
    const [only] = members;
    if (only === undefined) return toJson('is always null');
    if (members.length === 1) return { ...make(only.schemas, nameFor(only.schemas.at(-1), hint)), isNullable };
    const problem = members.find((one) => one.shape.problem !== null)?.shape.problem ?? null;
    if (problem !== null) return toJson(`has an alternative that ${problem}`, isNullable);
    if (members.length > maxMembers) return toJson(`has more than ${maxMembers} alternatives`, isNullable);
    if (members.every((one) => isOnly(one.shape, 'object'))) return makeUnion(members, isNullable, { shape, hint });
    return makeAlike(members, isNullable, { shape, hint });
  }

  /** One scalar, or one enum of all texts, for alternatives that are alike. */
  function makeAlike(members: readonly Member[], isNullable: boolean, { shape, hint }: Place): Made {
    const texts = members.map((one) => (isOnly(one.shape, 'string') ? one.shape.values : null));
    if (texts.every((values) => values !== null)) {
      const all = [...new Set(texts.flat())].filter((value) => typeof value === 'string');
      return { ...makeText({ ...shape, values: all }, hint), isNullable };
    }
    const made = members.map((one) => (hasOwnType(one.shape) ? null : make(one.schemas, hint)));
    const [first] = made;
    if (first != null && made.every((one) => one?.type === first.type)) return { ...first, isNullable };
    if (members.every((one) => isOnly(one.shape, 'string')))
      return { type: GraphQLString, isNullable, read: readScalar(GraphQLString), note: null };
    return toJson('has alternatives that are not all objects', isNullable);
  }

  function makeUnion(members: readonly Member[], isNullable: boolean, { shape, hint }: Place): Made {
    if (members.some((one) => one.shape.properties.size === 0))
      return toJson('has an alternative whose properties have no names', isNullable);
    const valuesOf = (one: Member) => (property: string) => {
      const schemas = one.shape.properties.get(property);
      return schemas === undefined ? null : readShape(reader, schemas).values;
    };
    const tell = findDiscriminator(members.map((one) => ({ shape: one.shape, valuesOf: valuesOf(one) })));
    if (tell === null) return toJson('has alternatives that the data alone does not tell apart for sure', isNullable);
    const made = once(shape.key, hint, (typeName) => {
      const objects = members.map(
        (one) => makeObject(one.shape, nameOfMember(one, typeName)).type as GraphQLObjectType,
      );
      const type = new GraphQLUnionType({
        name: typeName,
        description: `One of several objects of the payload ${name}.`,
        types: [...new Set(objects)],
        resolveType: (value) => objects[tell(value as Readonly<Record<string, unknown>>)]?.name,
      });
      return { type, read: readObject };
    });
    return { ...made, isNullable, note: null };
  }

  function nameOfMember({ schemas }: Member, union: string): string {
    const own = schemas.at(-1);
    const title = isSubschema(own) && typeof own['title'] === 'string' ? own['title'] : 'Member';
    return nameFor(own, toPartName(union, title));
  }

  function once(key: string, hint: string, create: (typeName: string) => NamedMade): NamedMade {
    const known = byKey.get(key);
    if (known !== undefined) return known;
    if (types.size >= maxTypes) return { type: scalars.json, read: readJson };
    const typeName = toFreeName(hint, (taken) => types.has(taken));
    // Kept free before its parts take names.
    types.set(typeName, scalars.json);
    const made = create(typeName);
    types.set(typeName, made.type);
    byKey.set(key, made);
    return made;
  }

  const whole = make([schema], name);
  for (let finish = unfinished.pop(); finish !== undefined; finish = unfinished.pop()) finish();
  return { type: nullability(whole), read: whole.read, types: [...types.values()], note: whole.note };
}

interface Member {
  readonly shape: Shape;
  readonly schemas: readonly unknown[];
}

interface Place {
  readonly shape: Shape;
  readonly hint: string;
}

const isOnly = ({ types }: Shape, type: string): boolean => types?.size === 1 && [...types][0] === type;

/** True for what would make a type with a name. */
const hasOwnType = (shape: Shape): boolean =>
  isOnly(shape, 'object') || isOnly(shape, 'array') || shape.values !== null;

function nullability({ type, isNullable }: Made): GraphQLOutputType {
  return isNullable ? type : new GraphQLNonNull(type);
}

function listed(values: readonly unknown[] | null): string | null {
  return values === null ? null : `One of ${values.map((value) => `\`${JSON.stringify(value)}\``).join(', ')}.`;
}

const joined = (...sentences: readonly (string | null)[]): string | null =>
  sentences.filter((one) => one !== null).join(' ') || null;
const prefixed = (note: string | null): string | null => (note === null ? null : `Each item: ${note}`);

function describe(
  property: string,
  field: string,
  { schemas, note }: { readonly schemas: readonly unknown[]; readonly note: string | null },
): string {
  const said = schemas.flatMap((one) => (isSubschema(one) ? [one['description'], one['title']] : []));
  const own = said.find((text) => typeof text === 'string' && text.trim() !== '') as string | undefined;
  const mapped = property === field ? null : `The property ${JSON.stringify(property)} of the data.`;
  return joined(own ?? (mapped === null ? `The property \`${property}\`.` : null), mapped, note) ?? property;
}
