/** How the answers of one Snapshot were: what a staged rollout decides by. */
export interface ServedCount {
  /** Snapshot.id */
  id: string;
  requests: number;
  /** Of them, those with a status of 500 or more, whoever gave it. */
  errors: number;
}
