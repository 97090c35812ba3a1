/**
 * A share of the requests, folded into a test. Istio hands Envoy millionths (`uint32(value * 10000)`), so anything below
 * 0.0001 % is never; the ends cost no random number.
 *
 * @param percentage 0..100 with fractions
 * @returns a test that is true for that share of its calls
 */
export function share(percentage: number, random: () => number = Math.random): () => boolean {
  const millionths = Math.floor(percentage * 10_000);
  if (millionths <= 0) return () => false;
  if (millionths >= 1_000_000) return () => true;
  return () => random() * 1_000_000 < millionths;
}
