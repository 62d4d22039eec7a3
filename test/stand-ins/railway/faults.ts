/** What can go wrong on the way, on purpose. A fault applies to the next `times` requests that match, then is used up. */
export type FaultKind =
  /** Answers with an HTTP status and does nothing. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  /** Does it, then never answers. */
  | { readonly kind: "execute-then-hang" }
  /** Does it, then resets the connection. */
  | { readonly kind: "execute-then-reset" }
  /** Never answers and does nothing. */
  | { readonly kind: "hang" }
  | { readonly kind: "reset" }
  /** Answers 200 with something that is not a GraphQL response. */
  | { readonly kind: "wrong-json"; readonly body: string }
  /** Answers success without doing it. */
  | { readonly kind: "answer-without-effect" }
  /** A redirect to another address: nobody may follow it with a token. */
  | { readonly kind: "redirect"; readonly location: string }
  /** A body of this size. */
  | { readonly kind: "flood"; readonly bytes: number };

export type Fault = FaultKind & {
  /** A field name of Query or Mutation; absent = any request. */
  readonly operation?: string;
  /** A token id; absent = any caller. */
  readonly tokenId?: string;
  /** Default 1. */
  readonly times?: number;
};

export interface FaultBook {
  add(fault: Fault): void;
  take(operations: readonly string[], tokenId: string | null): FaultKind | null;
}

export function createFaultBook(initial: readonly Fault[] = []): FaultBook {
  const open: { fault: Fault; left: number }[] = initial.map((fault) => ({ fault, left: fault.times ?? 1 }));
  return {
    add: (fault) => void open.push({ fault, left: fault.times ?? 1 }),
    take(operations, tokenId) {
      const hit = open.find(
        ({ fault, left }) =>
          left > 0 &&
          (fault.operation === undefined || operations.includes(fault.operation)) &&
          (fault.tokenId === undefined || fault.tokenId === tokenId),
      );
      if (hit === undefined) return null;
      hit.left -= 1;
      return hit.fault;
    },
  };
}
