/** What a variable's text must look like. A secret is not repeated when it does not. */
export interface TextRule {
  pattern: RegExp;
  expected: string;
  isSecret?: boolean;
}

export const adminKey: TextRule = {
  pattern: /^mk_live_[A-Za-z0-9_-]{16,240}$/,
  expected: 'mk_live_ followed by 16 to 240 letters, digits, underscores or hyphens',
  isSecret: true,
};
export const metricsToken: TextRule = {
  pattern: /^[!-~]{16,256}$/,
  expected: '16 to 256 ASCII characters without spaces',
  isSecret: true,
};
export const cluster: TextRule = {
  pattern: /^(?:[A-Za-z_][A-Za-z0-9_-]{0,62}|\{cluster\})$/,
  expected: 'the name of a cluster, or {cluster} for the macro of that name',
};
