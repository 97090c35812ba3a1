/** Logging. Nothing crosses to the host below its level; guard costly messages with log.enabled(). */
import * as abi from "./abi";
import { first, OUT_VALUE } from "./memory";
import { LogLevel, Status } from "./types";

export namespace log {
  export function enabled(level: LogLevel): bool {
    return abi.proxy_get_log_level(OUT_VALUE) != Status.Ok || <u32>level >= load<u32>(OUT_VALUE);
  }
  export function write(level: LogLevel, message: string): void {
    if (!enabled(level)) return;
    const text = first.set(message);
    abi.proxy_log(level, text.pointer, text.size);
  }
  export function trace(message: string): void {
    write(LogLevel.Trace, message);
  }
  export function debug(message: string): void {
    write(LogLevel.Debug, message);
  }
  export function info(message: string): void {
    write(LogLevel.Info, message);
  }
  export function warn(message: string): void {
    write(LogLevel.Warn, message);
  }
  export function error(message: string): void {
    write(LogLevel.Error, message);
  }
  export function critical(message: string): void {
    write(LogLevel.Critical, message);
  }
}
