/** Exit codes, a contract with scripts: after sysexits.h where it has one; 79 is istioctl's "analysers found issues". */
export const EXIT = { fine: 0, failed: 1, usage: 64, unreadable: 65, findings: 79 } as const;

/** Ends a command with a message for people instead of a stack; `exitCode` is the process's exit code. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Wraps a command's action: an error with an exit code becomes one line on standard error, anything else is our own fault and keeps its stack. */
export function action<Args extends unknown[]>(
  run: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      await run(...args);
    } catch (error) {
      if (!(error instanceof Error && 'exitCode' in error)) throw error;
      console.error(`bowsprit: ${error.message}`);
      process.exit(Number(error.exitCode));
    }
  };
}
