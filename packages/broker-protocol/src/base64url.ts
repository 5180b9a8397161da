/**
 * Where texts are decoded, one after the other: a Buffer for each would mean a new pool for every few tokens, and as
 * much for the garbage collector.
 */
const workplace = Buffer.allocUnsafeSlow(16 * 1024);

/** The UTF-8 text that `encoded` (base64url) stands for. Characters that are none are passed over. */
export function base64UrlText(encoded: string): string {
  // Three bytes of every four characters.
  if (encoded.length > workplace.length) return Buffer.from(encoded, "base64url").toString("utf8");
  const length = workplace.write(encoded, "base64url");
  const text = workplace.toString("utf8", 0, length);
  // Claims name people; here they would stay for as long as the thread lives.
  workplace.fill(0, 0, length);
  return text;
}
