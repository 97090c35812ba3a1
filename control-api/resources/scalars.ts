/**
 * What a plain scalar means to the Kubernetes API server: YAML 1.1 as Go's yaml.v2 reads it. yes, no, on, off, y and n
 * are booleans, 0755 is octal, 1_000 a number; timestamps and base-60 numbers stay strings.
 */

export interface ScalarKind {
  tag: string;
  test: RegExp;
  value(text: string): unknown;
}

const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;

/** In the order they are tried; whatever fits none is a string. */
export const SCALARS: readonly ScalarKind[] = [
  { tag: 'tag:yaml.org,2002:null', test: /^(?:~|null|Null|NULL)?$/, value: () => null },
  {
    tag: 'tag:yaml.org,2002:bool',
    test: /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
    value: (text) => TRUE.test(text),
  },
  {
    tag: 'tag:yaml.org,2002:int',
    test: /^[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)$/,
    value: integer,
  },
  {
    tag: 'tag:yaml.org,2002:float',
    test: /^[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/,
    value: float,
  },
];

function integer(text: string): number {
  const plain = text.replaceAll('_', '');
  const sign = plain.startsWith('-') ? -1 : 1;
  const digits = plain.replace(/^[-+]/, '');
  const octal = /^0([0-7]+)$/.exec(digits);
  return sign * Number(octal ? `0o${octal[1]}` : digits);
}

function float(text: string): number {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (plain.endsWith('.inf')) return plain.startsWith('-') ? -Infinity : Infinity;
  return plain === '.nan' ? Number.NaN : Number(plain);
}
