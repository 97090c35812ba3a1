/** Long work in pieces, so that requests are answered in between: a generator ends a piece with every `yield`. */

/** Does all of it at once. */
export function finish<T>(work: Iterator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Does it piece by piece; whatever waits has its turn after each of them. */
export async function finishInSlices<T>(work: Iterator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
