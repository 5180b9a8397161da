/** Compares ids made of GUIDs, which brokers write in either case. */
export function sameId(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === right.toLowerCase();
}
