/** A/B tests with a sticky cookie: a newcomer gets a variant by weight, and keeps it. Routes match on the header it sets. */
import { Action, Configuration, HttpFilter, Plugin, RequestHeaders, ResponseHeaders, encodeUtf8, now } from "bowsprit-sdk";
import { sha256 } from "../../lib/assembly/sha256";
import { cookie } from "../../lib/assembly/text";

export class AbCookie extends Plugin {
  cookie: string = "ab";
  header: string = "x-variant";
  attributes: string = "; Path=/; Max-Age=2592000; SameSite=Lax";
  names: string[] = [];
  weights: u32[] = [];
  total: u32 = 0;
  private count: u64 = 0;

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    const variants = json.get("variants");
    if (variants === null) return false;
    const names = variants.keys();
    for (let i = 0; i < names.length; i++) {
      const weight = <u32>variants.at(i)!.asNumber(0);
      this.names.push(names[i]);
      this.weights.push(weight);
      this.total += weight;
    }
    this.cookie = json.getString("cookie", this.cookie);
    this.header = json.getString("header", this.header);
    const days = <i64>json.getNumber("days", 30);
    this.attributes = "; Path=/; Max-Age=" + (days * 86400).toString() + "; SameSite=Lax" + (json.getBool("secure", false) ? "; Secure" : "");
    return this.total > 0;
  }

  isVariant(name: string): bool {
    return this.names.indexOf(name) >= 0;
  }

  /** By weight; the number hashed is another for each newcomer. */
  choose(requestId: string): string {
    this.count++;
    const hash = sha256(encodeUtf8(requestId + " " + now().toString() + " " + this.count.toString()));
    let ticket = <u32>(load<u64>(hash.dataStart) % <u64>this.total);
    for (let i = 0; i < this.names.length; i++) {
      if (ticket < this.weights[i]) return this.names[i];
      ticket -= this.weights[i];
    }
    return this.names[0];
  }

  createFilter(): HttpFilter {
    return new AbCookieRequest(this);
  }
}

class AbCookieRequest extends HttpFilter {
  private assigned: string = "";

  constructor(private plugin: AbCookie) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const plugin = this.plugin;
    let variant = cookie(request.get("cookie"), plugin.cookie);
    if (variant === null || !plugin.isVariant(variant)) {
      const id = request.get("x-request-id");
      variant = plugin.choose(id === null ? "" : id);
      this.assigned = variant;
    }
    request.set(plugin.header, variant);
    request.clearRouteCache();
    return Action.Continue;
  }

  onResponseHeaders(response: ResponseHeaders): Action {
    if (this.assigned != "") response.add("set-cookie", this.plugin.cookie + "=" + this.assigned + this.plugin.attributes);
    return Action.Continue;
  }
}
