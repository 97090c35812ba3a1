/** How numbers and strings are written in JSON. */

/** Whole numbers without a fraction, as JavaScript writes them. */
export function numberText(value: f64): string {
  if (!isFinite(value)) return "null";
  return Math.abs(value) < 9007199254740992.0 && Math.trunc(value) == value ? (<i64>value).toString() : value.toString();
}

export function quote(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit == 0x22) out += '\\"';
    else if (unit == 0x5c) out += "\\\\";
    else if (unit == 0x0a) out += "\\n";
    else if (unit == 0x0d) out += "\\r";
    else if (unit == 0x09) out += "\\t";
    else if (unit < 0x20) out += "\\u00" + (unit < 16 ? "0" : "") + unit.toString(16);
    else out += String.fromCharCode(unit);
  }
  return out + '"';
}
