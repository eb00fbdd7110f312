package dev.sampo.tokenizer.chat;

import org.jspecify.annotations.Nullable;

/** An object of the template language with named fields: a loop, a namespace, a cycler, a macro. */
interface Attributes {
  /** The field, or {@link Undefined}. */
  @Nullable Object attribute(Run run, String name);

  /** How Python prints it, or null where it prints an address. */
  default @Nullable String printed(Run run) {
    return null;
  }

  /** What it is called in errors. */
  String kind();
}
