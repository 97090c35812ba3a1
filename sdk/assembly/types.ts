/** What calls answer and callbacks return. */

/** The outcome of a call that changes something. Nothing in this library throws: a trap would end every request in flight. */
export enum Status {
  Ok = 0,
  NotFound = 1,
  /** Not possible in this phase, or with this argument. */
  BadArgument = 2,
  SerializationFailure = 3,
  ParseFailure = 4,
  InvalidMemoryAccess = 6,
  Empty = 7,
  /** Somebody else has changed the value since it was read. */
  CasMismatch = 8,
  InternalFailure = 10,
  BrokenConnection = 11,
  Unimplemented = 12,
}

/** What a headers or trailers callback returns. */
export enum Action {
  Continue = 0,
  /** Nothing of the stream goes on until resumeRequest() or resumeResponse(), or a reply. */
  Pause = 1,
}

/** What a body callback returns. */
export enum DataAction {
  Continue = 0,
  /** Keep this piece; the next call sees everything that was kept. */
  Buffer = 1,
  /** Keep this piece, but let the next call see only its own. */
  Hold = 2,
  /** Drop this piece. */
  Drop = 3,
}

export enum LogLevel {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}
