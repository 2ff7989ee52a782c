import { _, type Ajv, type KeywordCxt, type KeywordErrorDefinition, str } from 'ajv';

const keywords = ['maxLength', 'minLength'];

/**
 * Replaces Ajv's `maxLength` and `minLength` by the same in meaning and words that count the characters of a text only where its length does
 * not decide alone: it has at most as many characters as code units, and at least half as many. Ajv counts those of every text.
 */
export function addLengthKeywords(ajv: Ajv): void {
  for (const keyword of keywords) ajv.removeKeyword(keyword);
  ajv.addKeyword({ keyword: keywords, type: 'string', schemaType: 'number', error, code: failOnLength });
}

const error: KeywordErrorDefinition = {
  message: ({ keyword, schemaCode }) =>
    str`must NOT have ${keyword === 'maxLength' ? 'more' : 'fewer'} than ${schemaCode} characters`,
  params: ({ schemaCode }) => _`{limit: ${schemaCode}}`,
};

function failOnLength(context: KeywordCxt): void {
  const { keyword, data, schema: limit, gen } = context;
  const characters = _`${gen.scopeValue('func', { ref: countCharacters })}(${data})`;
  const tooMany = _`${data}.length > ${limit} && ${characters} > ${limit}`;
  const tooFew = _`${data}.length < ${2 * limit} && ${characters} < ${limit}`;
  context.fail(keyword === 'maxLength' ? tooMany : tooFew);
}

// A lone surrogate counts as one.
function countCharacters(text: string): number {
  let count = 0;
  for (const _character of text) count++;
  return count;
}
