/** Path templates of AuthorizationPolicies: `{*}` one segment, `{**}` any number (Envoy docs: uri_template). */

const LITERAL = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]*$/;
const MAX_OPERATORS = 5;

/** undefined when the path is a fine template or none at all. */
export function pathTemplateProblem(path: string, field: string): string | undefined {
  if (path === '') return `path must not be empty, found in ${field}`;
  if (!path.includes('{')) return undefined;
  const segments = path.replace(/^\//, '').split('/');
  const problem = orderProblem(segments) ?? segments.map(segmentProblem).find((text) => text !== undefined);
  return problem && `invalid or unsupported path ${segments.join('/')}, found in ${field}. ${problem}`;
}

function orderProblem(segments: string[]): string | undefined {
  const operators = segments.filter((segment) => segment === '{*}' || segment === '{**}');
  const deep = operators.indexOf('{**}');
  if (deep >= 0 && deep < operators.length - 1) return '{**} is not the last operator';
  return operators.length > MAX_OPERATORS ? `Exceeds max operators: ${MAX_OPERATORS}` : undefined;
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '{*}' || segment === '{**}') return undefined;
  return LITERAL.test(segment) ? undefined : `Contains segment ${segment} with invalid string literal`;
}
