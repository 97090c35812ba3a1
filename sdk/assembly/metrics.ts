/** Counters, gauges and histograms. They are defined with their first use, because a module that starts may not do it. */
import * as abi from "./abi";
import { first, OUT_VALUE } from "./memory";
import { Status } from "./types";

class Metric {
  private id: u32 = 0;
  constructor(private type: u32, readonly name: string) {}

  /** 0 when the host refuses. */
  protected define(): u32 {
    if (this.id != 0) return this.id;
    const text = first.set(this.name);
    if (abi.proxy_define_metric(this.type, text.pointer, text.size, OUT_VALUE) == Status.Ok) this.id = load<u32>(OUT_VALUE);
    return this.id;
  }

  protected read(): i64 {
    return abi.proxy_get_metric(this.define(), OUT_VALUE) == Status.Ok ? load<i64>(OUT_VALUE) : 0;
  }
}

export class Counter extends Metric {
  constructor(name: string) {
    super(0, name);
  }
  /** `by` must be above 0. */
  increment(by: i64 = 1): Status {
    return abi.proxy_increment_metric(this.define(), by);
  }
  value(): i64 {
    return this.read();
  }
}

export class Gauge extends Metric {
  constructor(name: string) {
    super(1, name);
  }
  add(by: i64): Status {
    return abi.proxy_increment_metric(this.define(), by);
  }
  set(value: u64): Status {
    return abi.proxy_record_metric(this.define(), value);
  }
  value(): i64 {
    return this.read();
  }
}

export class Histogram extends Metric {
  constructor(name: string) {
    super(2, name);
  }
  record(value: u64): Status {
    return abi.proxy_record_metric(this.define(), value);
  }
}
