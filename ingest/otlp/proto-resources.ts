import { type Attributes, type OtlpResource, spendItem } from './otlp-model.ts';
import { enter, messageTag, nextTag, type ProtoInput } from './proto-reader.ts';
import { readAttribute } from './proto-values.ts';

/** Resources with their items from a request: three levels that all signals share. */
export function readResources<Item>(
  input: ProtoInput,
  end: number,
  readItem: (input: ProtoInput) => Item,
): OtlpResource<Item>[] {
  const resources: OtlpResource<Item>[] = [];
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag !== messageTag(1)) continue;
    spendItem(input.budget);
    resources.push(readResourceItems(input, readItem));
  }
  return resources;
}

function readResourceItems<Item>(input: ProtoInput, readItem: (input: ProtoInput) => Item): OtlpResource<Item> {
  const end = enter(input);
  const resource: OtlpResource<Item> = { attributes: {}, items: [] };
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === messageTag(1)) readResource(input, resource.attributes);
    else if (tag === messageTag(2)) readScope(input, resource.items, readItem);
  }
  return resource;
}

function readResource(input: ProtoInput, attributes: Attributes): void {
  const end = enter(input);
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === messageTag(1)) readAttribute(input, attributes);
  }
}

function readScope<Item>(input: ProtoInput, items: Item[], readItem: (input: ProtoInput) => Item): void {
  spendItem(input.budget);
  const end = enter(input);
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag !== messageTag(2)) continue;
    spendItem(input.budget);
    items.push(readItem(input));
  }
}
