/** Bytes that a text takes in UTF-8. */
export function utf8Length(text: string): number {
  // Surrogate halves count as two bytes each, which is right for pairs.
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
