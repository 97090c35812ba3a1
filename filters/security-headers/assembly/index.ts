/** Security headers on every answer: what a browser may load, frame, and remember. */
import { Action, Configuration, HttpFilter, Json, Plugin, ResponseHeaders } from "bowsprit-sdk";

class Line {
  constructor(readonly name: string, readonly value: string) {}
}

export class SecurityHeaders extends Plugin {
  lines: Line[] = [];
  remove: string[] = [];
  /** Replace what the application itself says. */
  replaces: bool = false;

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    const given = json === null ? Json.object() : json;
    this.replaces = given.getBool("override", false);
    this.remove = given.getStrings("remove");
    this.lines = [];
    this.line("content-security-policy", given.getString("contentSecurityPolicy", "default-src 'self'; frame-ancestors 'none'"));
    this.line("strict-transport-security", hsts(given.get("hsts")));
    this.line("x-content-type-options", given.getString("contentTypeOptions", "nosniff"));
    this.line("x-frame-options", given.getString("frameOptions", "DENY"));
    this.line("referrer-policy", given.getString("referrerPolicy", "strict-origin-when-cross-origin"));
    this.line("permissions-policy", given.getString("permissionsPolicy", ""));
    this.line("cross-origin-opener-policy", given.getString("openerPolicy", "same-origin"));
    return true;
  }

  /** An empty value switches a header off. */
  private line(name: string, value: string): void {
    if (value != "") this.lines.push(new Line(name, value));
  }

  createFilter(): HttpFilter {
    return new SecurityHeadersRequest(this);
  }
}

const A_YEAR: f64 = 31536000;

function hsts(json: Json | null): string {
  if (json === null) return "max-age=31536000; includeSubDomains";
  const maxAge = <i64>json.getNumber("maxAge", A_YEAR);
  if (maxAge <= 0) return "";
  const subDomains = json.getBool("includeSubDomains", true) ? "; includeSubDomains" : "";
  return "max-age=" + maxAge.toString() + subDomains + (json.getBool("preload", false) ? "; preload" : "");
}

class SecurityHeadersRequest extends HttpFilter {
  constructor(private plugin: SecurityHeaders) {
    super();
  }

  onResponseHeaders(response: ResponseHeaders): Action {
    const lines = this.plugin.lines;
    for (let i = 0; i < this.plugin.remove.length; i++) response.remove(this.plugin.remove[i]);
    for (let i = 0; i < lines.length; i++) {
      if (this.plugin.replaces || !response.has(lines[i].name)) response.set(lines[i].name, lines[i].value);
    }
    return Action.Continue;
  }
}
