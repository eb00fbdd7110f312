package dev.sampo.tokenizer.chat;

/** What a name without value gives: an empty text that has no attributes and cannot be counted with. */
final class Undefined {
  /** What has no value, for errors. */
  final String what;

  Undefined(String what) {
    this.what = what;
  }
}
