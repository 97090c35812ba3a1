/** A maintenance page instead of the application, with a way through for those who work on it. */
import { Action, Configuration, Header, HttpFilter, Plugin, RequestHeaders } from "bowsprit-sdk";

export class Maintenance extends Plugin {
  enabled: bool = true;
  status: u32 = 503;
  body: string = "We are back soon.\n";
  headers: Header[] = [];
  allowPaths: string[] = [];
  bypassHeader: string = "";
  bypassValue: string = "";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return true;
    this.enabled = json.getBool("enabled", true);
    this.status = <u32>json.getNumber("status", 503);
    this.body = json.getString("body", this.body);
    this.headers = [new Header("content-type", json.getString("contentType", "text/plain"))];
    const retryAfter = <i64>json.getNumber("retryAfter", 0);
    if (retryAfter > 0) this.headers.push(new Header("retry-after", retryAfter.toString()));
    this.allowPaths = json.getStrings("allowPaths");
    this.bypassHeader = json.getString("bypassHeader").toLowerCase();
    this.bypassValue = json.getString("bypassValue");
    // A header that lets everybody through who sends it empty is a mistake, not a wish.
    return this.bypassHeader == "" || this.bypassValue != "";
  }

  createFilter(): HttpFilter {
    return new MaintenanceRequest(this);
  }
}

class MaintenanceRequest extends HttpFilter {
  constructor(private plugin: Maintenance) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const plugin = this.plugin;
    if (!plugin.enabled) return Action.Continue;
    for (let i = 0; i < plugin.allowPaths.length; i++) {
      if (request.path.startsWith(plugin.allowPaths[i])) return Action.Continue;
    }
    if (plugin.bypassHeader != "" && request.get(plugin.bypassHeader) == plugin.bypassValue) return Action.Continue;
    return request.reply(plugin.status, plugin.body, plugin.headers, "maintenance");
  }
}
