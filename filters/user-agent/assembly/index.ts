/** Rules for bots: who says in User-Agent what they are, is let in, kept out or marked. */
import { Action, Configuration, HttpFilter, Plugin, RequestHeaders } from "bowsprit-sdk";

export class UserAgent extends Plugin {
  allow: string[] = [];
  deny: string[] = [];
  denyEmpty: bool = false;
  status: u32 = 403;
  body: string = "Forbidden";
  markHeader: string = "";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    this.allow = lowerCase(json.getStrings("allow"));
    this.deny = lowerCase(json.getStrings("deny"));
    this.denyEmpty = json.getBool("denyEmpty", false);
    this.status = <u32>json.getNumber("status", 403);
    this.body = json.getString("body", this.body);
    this.markHeader = json.getString("markHeader");
    return true;
  }

  /** Allowed names go before denied ones; matching is by part, in any case. */
  isDenied(agent: string): bool {
    if (agent == "") return this.denyEmpty;
    return !containsAny(agent, this.allow) && containsAny(agent, this.deny);
  }

  createFilter(): HttpFilter {
    return new UserAgentRequest(this);
  }
}

function lowerCase(words: string[]): string[] {
  for (let i = 0; i < words.length; i++) words[i] = words[i].toLowerCase();
  return words;
}

function containsAny(text: string, parts: string[]): bool {
  for (let i = 0; i < parts.length; i++) if (text.includes(parts[i])) return true;
  return false;
}

class UserAgentRequest extends HttpFilter {
  constructor(private plugin: UserAgent) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const plugin = this.plugin;
    const agent = request.get("user-agent");
    // Whoever sends the mark himself does not get to keep it.
    if (plugin.markHeader != "") request.remove(plugin.markHeader);
    if (!plugin.isDenied(agent === null ? "" : agent.toLowerCase())) return Action.Continue;
    if (plugin.markHeader == "") return request.reply(plugin.status, plugin.body, [], "user_agent_denied");
    request.set(plugin.markHeader, "1");
    return Action.Continue;
  }
}
