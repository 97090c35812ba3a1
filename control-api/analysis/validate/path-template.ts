/** Path templates of AuthorizationPolicies: `{*}` one segment, `{**}` any number (Envoy docs: uri_template). */

const LITERAL = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/;

/** The first path of the list that is no fine template and no plain path either. */
export function pathTemplatesProblem(paths: readonly string[] = [], field: string): string | undefined {
  return paths.map((path) => pathTemplateProblem(path, field)).find((problem) => problem !== undefined);
}

function pathTemplateProblem(path: string, field: string): string | undefined {
  const isTemplate = path.includes('{*}') || path.includes('{**}');
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  let sawDeep = false;
  for (const segment of trimmed.split('/')) {
    const problem = segmentProblem(segment, isTemplate, sawDeep);
    if (problem) return `invalid or unsupported path ${trimmed}, found in ${field}. ${problem}`;
    sawDeep ||= segment === '{**}';
  }
  return undefined;
}

function segmentProblem(segment: string, isTemplate: boolean, sawDeep: boolean): string | undefined {
  if (segment === '{*}' || segment === '{**}') return sawDeep ? '{**} is not the last operator' : undefined;
  if (/[{}]/.test(segment)) return "Contains '{' or '}' beyond a supported path template";
  return isTemplate && !LITERAL.test(segment) ? `Contains segment ${segment} with invalid string literal` : undefined;
}
