/** Parsers of option values that several commands share. */

/** For an option that may be repeated: all its values. */
export const several = (value: string, before: string[]): string[] => [...before, value];
