/** One value of a policy as a test, and as the keys by which an index finds it. */
import { type Test, testOf } from '../route/string-matcher.ts';
import type { RbacValue, StringMatch } from '../snapshot.ts';
import { blockPrefix } from './address.ts';
import { PRINCIPAL_SEPARATOR } from './attributes.ts';
import { templatePrefix, templateTest } from './path-template.ts';

/** The shape of a value that a look-up can find; `text` is lower case when the value ignores case. */
export interface IndexKey {
  kind: 'exact' | 'prefix' | 'suffix';
  text: string;
  ignoreCase: boolean;
}

const never: Test = () => false;

export function valueTest(value: RbacValue): Test {
  switch (value.kind) {
    case 'never':
      return never;
    case 'present':
      return () => true;
    case 'port':
      return (text) => text === String(value.value);
    case 'template':
      return templateTest(value.value);
    case 'cidr':
      return blockTest(value.value);
    case 'principal':
      return principalTest(value.iss, value.sub);
    default:
      return stringTest(value);
  }
}

/** `.+` is how Istio writes "any that is not empty"; it needs no regular expression. */
function stringTest(value: StringMatch): Test {
  return value.kind === 'regex' && value.value === '.+' ? (text) => text !== '' : testOf(value);
}

function blockTest(block: string): Test {
  const prefix = blockPrefix(block);
  return prefix === undefined ? never : (key) => key.startsWith(prefix);
}

function principalTest(iss: StringMatch | undefined, sub: StringMatch | undefined): Test {
  const issuer = iss ? stringTest(iss) : (text: string) => text !== '';
  const subject = sub ? stringTest(sub) : (text: string) => text !== '';
  return (text) => {
    const at = text.indexOf(PRINCIPAL_SEPARATOR);
    return issuer(text.slice(0, at)) && subject(text.slice(at + 1));
  };
}

/** undefined: no look-up finds this value, it has to be tried. */
export function indexKey(value: RbacValue): IndexKey | undefined {
  const key = (kind: IndexKey['kind'], text: string, ignoreCase = false): IndexKey => ({
    kind,
    text: ignoreCase ? text.toLowerCase() : text,
    ignoreCase,
  });
  switch (value.kind) {
    case 'exact':
    case 'prefix':
    case 'suffix':
      return key(value.kind, value.value, value.ignoreCase);
    case 'port':
      return key('exact', String(value.value));
    case 'template':
      return key('prefix', templatePrefix(value.value));
    case 'cidr':
      return key('prefix', blockPrefix(value.value) ?? 'no address');
    case 'principal':
      return principalKey(value.iss, value.sub);
    default:
      return undefined;
  }
}

function principalKey(iss: StringMatch | undefined, sub: StringMatch | undefined): IndexKey | undefined {
  if (iss?.kind === 'exact' && sub?.kind === 'exact') {
    return { kind: 'exact', text: iss.value + PRINCIPAL_SEPARATOR + sub.value, ignoreCase: false };
  }
  if (iss?.kind === 'exact') return { kind: 'prefix', text: iss.value + PRINCIPAL_SEPARATOR, ignoreCase: false };
  return sub?.kind === 'exact'
    ? { kind: 'suffix', text: PRINCIPAL_SEPARATOR + sub.value, ignoreCase: false }
    : undefined;
}
