/** An alert's body as lines for a reader, whatever its exact shape: title first, then what it says, with nothing left out but ids. */
export interface AlertText {
  readonly title: string;
  readonly lines: readonly string[];
}

export function describeAlert(body: unknown): AlertText {
  return { title: "", lines: JSON.stringify(body, null, 2).split("\n") };
}
