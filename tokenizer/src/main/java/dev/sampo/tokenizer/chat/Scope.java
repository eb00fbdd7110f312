package dev.sampo.tokenizer.chat;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variables of a template; a loop's and a macro's own hide those outside. One rendering. */
final class Scope {
  final Run run;
  private final @Nullable Scope parent;
  private final Map<String, @Nullable Object> variables = new HashMap<>();

  Scope(Run run) {
    this.run = run;
    this.parent = null;
  }

  Scope(Scope parent) {
    this.run = parent.run;
    this.parent = parent;
  }

  void set(String name, @Nullable Object value) {
    variables.put(name, value);
  }

  /** The value of a variable; {@link Undefined} if there is none. */
  @Nullable Object get(String name) {
    for (Scope s = this; s != null; s = s.parent) {
      Object value = s.variables.get(name);
      if (value != null || s.variables.containsKey(name)) {
        return value;
      }
    }
    return new Undefined("'" + name + "'");
  }
}
