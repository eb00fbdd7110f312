package dev.sampo.tokenizer.text;

/** What becomes of the delimiter when a text is split at a pattern. */
public enum SplitBehavior {
  /** It is left out. */
  REMOVED,
  /** It is a piece of its own. */
  ISOLATED,
  /** It ends the piece before it. */
  MERGED_WITH_PREVIOUS,
  /** It begins the piece after it. */
  MERGED_WITH_NEXT,
  /** Neighbouring delimiters are one piece. */
  CONTIGUOUS
}
