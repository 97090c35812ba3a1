/** JSON bodies: what a request must hold, and what of an answer nobody may see. */
import { Action, Configuration, DataAction, HttpFilter, Json, JsonKind, Plugin, RequestBody, RequestHeaders, ResponseBody, ResponseHeaders } from "bowsprit-sdk";

export class JsonBody extends Plugin {
  /** Fields (dots go down) → the kind they must be: string, number, boolean, array, object. */
  required: Json = Json.object();
  mask: string[] = [];
  maskText: string = "***";
  maxBytes: u32 = 1048576;

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    const required = json.get("required");
    if (required !== null) {
      for (let i = 0; i < required.length; i++) if (kindOf(required.at(i)!.asString()) < 0) return false;
      this.required = required;
    }
    this.mask = json.getStrings("mask");
    this.maskText = json.getString("maskText", this.maskText);
    this.maxBytes = <u32>json.getNumber("maxBytes", 1048576);
    return true;
  }

  /** What is wrong with the body, or "". */
  complaint(body: Json | null): string {
    if (body === null) return "the body is not JSON";
    const names = this.required.keys();
    for (let i = 0; i < names.length; i++) {
      const value = at(body, names[i].split("."));
      const wanted = this.required.getString(names[i]);
      if (value === null) return names[i] + " is missing";
      if (value.kind != kindOf(wanted)) return names[i] + " must be " + wanted;
    }
    return "";
  }

  createFilter(): HttpFilter {
    return new JsonBodyRequest(this);
  }
}

function kindOf(name: string | null): i32 {
  if (name === null) return -1;
  if (name == "string") return JsonKind.String;
  if (name == "number") return JsonKind.Number;
  if (name == "boolean") return JsonKind.Bool;
  if (name == "array") return JsonKind.Array;
  return name == "object" ? JsonKind.Object : -1;
}

function at(json: Json, path: string[]): Json | null {
  let value: Json | null = json;
  for (let i = 0; i < path.length && value !== null; i++) value = value.get(path[i]);
  return value;
}

/** Replaces the field, in every item of lists on the way to it. */
function maskAt(json: Json, path: string[], index: i32, text: string): void {
  if (json.kind == JsonKind.Array) {
    for (let i = 0; i < json.length; i++) maskAt(json.at(i)!, path, index, text);
    return;
  }
  const value = json.get(path[index]);
  if (value === null) return;
  if (index == path.length - 1) json.set(path[index], Json.string(text));
  else maskAt(value, path, index + 1, text);
}

function isJson(type: string | null): bool {
  if (type === null) return false;
  const media = type.split(";")[0].trim().toLowerCase();
  return media == "application/json" || media.endsWith("+json");
}

class JsonBodyRequest extends HttpFilter {
  private checks: bool = false;
  private masks: bool = false;

  constructor(private plugin: JsonBody) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    this.checks = this.plugin.required.length > 0 && isJson(request.get("content-type"));
    if (this.checks && request.endOfStream) return request.reply(400, "the body is missing\n", [], "json_body");
    return Action.Continue;
  }

  onRequestBody(body: RequestBody): DataAction {
    if (!this.checks) return DataAction.Continue;
    if (body.size > this.plugin.maxBytes) return body.reply(413, "the body is too large\n", [], "json_body");
    if (!body.endOfStream) return DataAction.Buffer;
    const complaint = this.plugin.complaint(Json.parse(body.text()));
    return complaint == "" ? DataAction.Continue : body.reply(400, complaint + "\n", [], "json_body");
  }

  onResponseHeaders(response: ResponseHeaders): Action {
    this.masks = this.plugin.mask.length > 0 && isJson(response.get("content-type"));
    if (this.masks) response.remove("content-length");
    return Action.Continue;
  }

  onResponseBody(body: ResponseBody): DataAction {
    if (!this.masks) return DataAction.Continue;
    if (!body.endOfStream) return DataAction.Buffer;
    const json = Json.parse(body.text());
    // What cannot be read cannot be masked, and so must not get out.
    if (json === null) {
      body.replace("null");
      return DataAction.Continue;
    }
    for (let i = 0; i < this.plugin.mask.length; i++) maskAt(json, this.plugin.mask[i].split("."), 0, this.plugin.maskText);
    body.replace(json.toString());
    return DataAction.Continue;
  }
}
