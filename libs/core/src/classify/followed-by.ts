/**
 * `first` and, anywhere behind it, `then`: one expression, or more where `or` says what else fits. Written as `first[^]*then` it would look
 * through the rest of a text at each `first` again, in time squared; what follows a later one follows the first one as well.
 */
export function followedBy(first: RegExp, then: RegExp, or?: RegExp): RegExp {
  return new RegExp(`^(?:(?!${first.source})[^])*(?:${first.source})[^]*(?:${then.source})${or === undefined ? "" : `|${or.source}`}`, first.flags);
}
