package dev.sampo.text;

/** Text to ids and back. What a generator needs of a tokenizer; thread-safe. */
interface TextCodec {
  /** Ids of a prompt, with the special tokens that the model wants. */
  int[] encode(String text);

  /** Text of ids, without special tokens. */
  String decode(int[] ids);

  /** The bytes (UTF-8) that a token adds to a text after others; empty for ids that are no token. */
  byte[] tokenBytes(int id);

  /** Whether the id is a special token, which {@link #decode} leaves out. */
  boolean isSpecial(int id);

  /** Whether decoding takes away the space before the first word. */
  boolean stripsFirstSpace();

  /** A codec for what the model writes, where source and target have different vocabularies. */
  default TextCodec target() {
    return this;
  }
}
