/** API keys in a header or the query; only their hashes stand in the configuration. */
import { Action, Configuration, HttpFilter, Json, Plugin, RequestHeaders, encodeUtf8 } from "bowsprit-sdk";
import { sha256 } from "../../lib/assembly/sha256";
import { pathOf, queryOf, queryParameter, toHex } from "../../lib/assembly/text";

export class ApiKey extends Plugin {
  /** SHA-256 in hexadecimal → client's name. */
  clients: Json = Json.object();
  header: string = "x-api-key";
  parameter: string = "";
  clientHeader: string = "x-client";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    const keys = json.get("keys");
    if (keys === null || keys.length == 0) return false;
    const hashes = keys.keys();
    for (let i = 0; i < hashes.length; i++) if (hashes[i].length != 64) return false;
    this.clients = keys;
    this.header = json.getString("header", this.header);
    this.parameter = json.getString("query");
    this.clientHeader = json.getString("clientHeader", this.clientHeader);
    return true;
  }

  createFilter(): HttpFilter {
    return new ApiKeyRequest(this);
  }
}

class ApiKeyRequest extends HttpFilter {
  constructor(private plugin: ApiKey) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const plugin = this.plugin;
    const key = this.keyOf(request);
    // The look-up is by hash, so its time says nothing about the key.
    const client = key === null ? "" : plugin.clients.getString(toHex(sha256(encodeUtf8(key))));
    if (client == "") return request.reply(401, "Unauthorized", [], "api_key");
    request.remove(plugin.header);
    if (plugin.parameter != "") request.path = withoutParameter(request.path, plugin.parameter);
    request.set(plugin.clientHeader, client);
    return Action.Continue;
  }

  private keyOf(request: RequestHeaders): string | null {
    const header = request.get(this.plugin.header);
    if (header !== null || this.plugin.parameter == "") return header;
    return queryParameter(queryOf(request.path), this.plugin.parameter);
  }
}

/** The key is no business of the application's logs. */
function withoutParameter(target: string, name: string): string {
  const kept = new Array<string>();
  const pairs = queryOf(target).split("&");
  for (let i = 0; i < pairs.length; i++) if (pairs[i] != "" && pairs[i] != name && !pairs[i].startsWith(name + "=")) kept.push(pairs[i]);
  return kept.length == 0 ? pathOf(target) : pathOf(target) + "?" + kept.join("&");
}
