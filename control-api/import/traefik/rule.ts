/**
 * Traefik's rules, `Host(`a`) && (PathPrefix(`/b`) || !Header(`c`, `d`))`, which are expressions of JavaScript too, so that a
 * parser of those reads them. An alternative is what a HTTPMatchRequest says: conditions that must all hold.
 */
import { type CallExpression, type Expression, parseExpressionAt } from 'acorn';

export interface Condition {
  /** `Host`, `PathPrefix`, … */
  name: string;
  args: string[];
  not: boolean;
}
export type Alternative = Condition[];

/** Throws with what is wrong when the text is no rule. */
export function parseRule(rule: string): Alternative[] {
  const expression = parseExpressionAt(rule, 0, { ecmaVersion: 2020 });
  if (rule.slice(expression.end).trim() !== '') throw new Error(`unexpected ${rule.slice(expression.end).trim()}`);
  return alternativesOf(rule, expression, false);
}

/** Negations move inwards (De Morgan); the result is a disjunction of conjunctions. */
function alternativesOf(rule: string, node: Expression, not: boolean): Alternative[] {
  if (node.type === 'ParenthesizedExpression') return alternativesOf(rule, node.expression, not);
  if (node.type === 'UnaryExpression' && node.operator === '!') return alternativesOf(rule, node.argument, !not);
  if (node.type === 'LogicalExpression' && node.operator !== '??') {
    const left = alternativesOf(rule, node.left, not);
    const right = alternativesOf(rule, node.right, not);
    return (node.operator === '||') !== not ? [...left, ...right] : left.flatMap((a) => right.map((b) => [...a, ...b]));
  }
  if (node.type === 'CallExpression') return [[{ ...conditionOf(rule, node), not }]];
  throw new Error(`${node.type} is not part of a rule`);
}

function conditionOf(rule: string, { callee, arguments: given }: CallExpression): Omit<Condition, 'not'> {
  if (callee.type !== 'Identifier') throw new Error(`${callee.type} is no matcher`);
  const args = given.map((argument) => {
    // Go's raw strings know no escapes and no placeholders.
    if (argument.type === 'TemplateLiteral') return rule.slice(argument.start + 1, argument.end - 1);
    if (argument.type === 'Literal' && typeof argument.value === 'string') return argument.value;
    throw new Error(`${argument.type} is no text`);
  });
  return { name: callee.name, args };
}
