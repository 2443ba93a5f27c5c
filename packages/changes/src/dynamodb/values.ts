// DynamoDB's checked attributes as values. It checks nothing: `attributes.ts` did.
import { type Image, type Value, ValueSet } from '../types.ts';
import { bytesOfBase64 } from '../values/base64.ts';
import { numberValue } from '../values/numbers.ts';
import type { Attribute, Attributes } from './attributes.ts';

export function attributeValue(attribute: Attribute): Value {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return numberValue(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.M !== undefined) return mapValue(attribute.M);
  if (attribute.L !== undefined) return attribute.L.map(attributeValue);
  if (attribute.B !== undefined) return bytesOfBase64(attribute.B);
  if (attribute.SS !== undefined) return new ValueSet(attribute.SS);
  if (attribute.NS !== undefined) return new ValueSet(attribute.NS.map(numberValue));
  if (attribute.BS !== undefined) return new ValueSet(attribute.BS.map(bytesOfBase64));
  return null;
}

function mapValue(attributes: Attributes): { [name: string]: Value } {
  const values: { [name: string]: Value } = Object.create(null);
  for (const [name, attribute] of Object.entries(attributes)) values[name] = attributeValue(attribute);
  return values;
}

/** The item by name; the prototype is null, so that `__proto__` is an attribute like any other. */
export function attributeValues(attributes: Attributes): Image {
  return mapValue(attributes);
}
