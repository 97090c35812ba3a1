/**
 * Signed requests: `authorization: HMAC-SHA256 keyId=…,timestamp=…,signature=…`. The signature covers the method, the path
 * with its query, the time and the hash of the body, so that nothing of it can be changed or sent again later.
 */
import { Action, Configuration, DataAction, Header, HttpFilter, Json, Plugin, RequestBody, RequestHeaders, encodeUtf8, now } from "bowsprit-sdk";
import { hmacSha256, sameBytes, sha256 } from "../../lib/assembly/sha256";
import { fromBase64, toHex } from "../../lib/assembly/text";

const SCHEME = "HMAC-SHA256 ";
const HASH_HEADER = "x-content-sha256";
const NANOSECONDS: i64 = 1000000000;

export class HmacSignature extends Plugin {
  /** Key id → secret in base64. */
  secrets: Json = Json.object();
  maxSkewSeconds: i64 = 300;
  keyHeader: string = "x-key-id";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    const keys = json.get("keys");
    if (keys === null || keys.length == 0) return false;
    for (let i = 0; i < keys.length; i++) {
      const text = keys.at(i)!.asString();
      const secret = text !== null ? fromBase64(text) : null;
      if (secret === null || secret.length < 16) return false;
    }
    this.secrets = keys;
    this.maxSkewSeconds = <i64>json.getNumber("maxSkewSeconds", 300);
    this.keyHeader = json.getString("keyHeader", this.keyHeader);
    return true;
  }

  createFilter(): HttpFilter {
    return new HmacSignatureRequest(this);
  }
}

class HmacSignatureRequest extends HttpFilter {
  private bodyHash: string = "";

  constructor(private plugin: HmacSignature) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const header = request.get("authorization");
    if (header === null || !header.startsWith(SCHEME)) return this.refuse(request, "missing");
    const fields = header.substring(SCHEME.length);
    const keyId = field(fields, "keyId");
    const timestamp = field(fields, "timestamp");
    const skew = now() / NANOSECONDS - <i64>parseInt(timestamp);
    // !(…): a time that is no number is too old as well.
    if (!isDigits(timestamp) || skew > this.plugin.maxSkewSeconds || skew < -this.plugin.maxSkewSeconds) return this.refuse(request, "time");
    const sent = request.get(HASH_HEADER);
    this.bodyHash = sent === null ? EMPTY_HASH : sent;
    const text = request.method + "\n" + request.path + "\n" + timestamp + "\n" + this.bodyHash;
    if (!this.isSigned(text, keyId, field(fields, "signature"))) return this.refuse(request, "signature");
    if (request.endOfStream && this.bodyHash != EMPTY_HASH) return this.refuse(request, "body");
    request.remove("authorization");
    request.set(this.plugin.keyHeader, keyId);
    return Action.Continue;
  }

  onRequestBody(body: RequestBody): DataAction {
    if (!body.endOfStream) return DataAction.Buffer;
    if (toHex(sha256(body.bytes())) == this.bodyHash) return DataAction.Continue;
    return body.reply(401, "Unauthorized", [], "hmac_body");
  }

  private isSigned(text: string, keyId: string, signature: string): bool {
    const secret = fromBase64(this.plugin.secrets.getString(keyId));
    const given = fromBase64(signature);
    if (secret === null || secret.length == 0 || given === null) return false;
    return sameBytes(hmacSha256(secret, encodeUtf8(text)), given);
  }

  private refuse(request: RequestHeaders, why: string): Action {
    return request.reply(401, "Unauthorized", [new Header("www-authenticate", "HMAC-SHA256")], "hmac_" + why);
  }
}

/** SHA-256 of nothing. */
const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function field(fields: string, name: string): string {
  const parts = fields.split(",");
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i].trim();
    if (part.startsWith(name + "=")) return part.substring(name.length + 1);
  }
  return "";
}

function isDigits(text: string): bool {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return false;
  return text.length > 0 && text.length < 12;
}
