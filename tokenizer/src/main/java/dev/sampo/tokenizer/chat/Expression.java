package dev.sampo.tokenizer.chat;

import org.jspecify.annotations.Nullable;

/** Something with a value. */
interface Expression {
  @Nullable Object value(Scope scope);
}
