/** Envoy's checks of single fields, in the words of protoc-gen-validate: `<Message>ValidationError.<Field>: <rule>`. */
import { EnvoyRejects, type Message } from './message.ts';

/** @param type the protobuf message's short name; @param name the field's camelCase name. */
export function violation(type: string, name: string, rule: string): EnvoyRejects {
  return new EnvoyRejects(`${type}ValidationError.${name.charAt(0).toUpperCase()}${name.slice(1)}: ${rule}`);
}

/** @throws EnvoyRejects for an absent or empty text. */
export function requiredText(message: Message, name: string, type: string): string {
  const text = message.text(name);
  if (text === '') throw violation(type, name, 'value length must be at least 1 characters');
  return text;
}

/** @throws EnvoyRejects for an absent or empty list. */
export function requiredList(message: Message, name: string, type: string): Message[] {
  const messages = message.messages(name);
  if (messages.length === 0) throw violation(type, name, 'value must contain at least 1 item(s)');
  return messages;
}

/** @throws EnvoyRejects for an absent message. */
export function requiredMessage(message: Message, name: string, type: string): Message {
  const found = message.message(name);
  if (!found) throw violation(type, name, 'value is required');
  return found;
}

/** @throws EnvoyRejects for a number above `most`. */
export function atMost(message: Message, name: string, fallback: number, most: number, type: string): number {
  const number = message.number(name, fallback);
  if (number > most) throw violation(type, name, `value must be less than or equal to ${most}`);
  return number;
}

/** @throws EnvoyRejects for a text that is none of `values`; absent: the first of them. */
export function oneOf<Value extends string>(
  message: Message,
  name: string,
  values: readonly [Value, ...Value[]],
): Value {
  const text = message.text(name);
  if (text === '') return values[0];
  const found = values.find((value) => value === text);
  if (found === undefined) throw new EnvoyRejects(`unknown enum value: '${text}'`);
  return found;
}
