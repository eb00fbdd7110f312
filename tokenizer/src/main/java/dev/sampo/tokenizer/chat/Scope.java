package dev.sampo.tokenizer.chat;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variables of a template; a loop's and a macro's own hide those outside. One rendering. */
final class Scope {
  /** More steps than any chat needs: a template that loops for ever ends in an error. */
  private static final int MAX_STEPS = 5_000_000;

  private static final int MAX_DEPTH = 200;
  private static final int MAX_OUTPUT = 50_000_000;

  /** Work done so far, shared by all scopes of a rendering. */
  private static final class Budget {
    int steps;
  }

  private final @Nullable Scope parent;
  private final Map<String, @Nullable Object> variables = new HashMap<>();
  private final Budget budget;
  private final int depth;

  Scope() {
    parent = null;
    budget = new Budget();
    depth = 0;
  }

  Scope(Scope parent) {
    this.parent = parent;
    budget = parent.budget;
    depth = parent.depth + 1;
    if (depth > MAX_DEPTH) {
      throw new ChatTemplateException("The chat template nests more than " + MAX_DEPTH + " deep");
    }
  }

  void step(StringBuilder out) {
    if (++budget.steps > MAX_STEPS || out.length() > MAX_OUTPUT) {
      throw new ChatTemplateException("The chat template does not come to an end");
    }
  }

  void set(String name, @Nullable Object value) {
    variables.put(name, value);
  }

  /** The value of a variable; {@link Values#UNDEFINED} if there is none. */
  @Nullable Object get(String name) {
    for (Scope s = this; s != null; s = s.parent) {
      if (s.variables.containsKey(name)) {
        return s.variables.get(name);
      }
    }
    return Values.UNDEFINED;
  }
}
