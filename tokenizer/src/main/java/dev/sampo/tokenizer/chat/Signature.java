package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a function: names, of which those with {@code ?} may be left out; after a leading {@code /} they go by position only. An
 * argument that is not among them is an error.
 */
final class Signature {
  /** Stands for an argument that was not given. */
  static final Object ABSENT = new Object();

  private final List<String> names = new ArrayList<>();
  private final boolean positional;
  private int required;

  Signature(String parameters) {
    positional = parameters.startsWith("/");
    String list = positional ? parameters.substring(1) : parameters;
    for (String name : list.split(",", -1)) {
      String trimmed = name.trim();
      if (trimmed.isEmpty()) {
        continue;
      }
      boolean optional = trimmed.endsWith("?");
      names.add(optional ? trimmed.substring(0, trimmed.length() - 1) : trimmed);
      required = optional ? required : names.size();
    }
  }

  /** The arguments in the order of the parameters. */
  Bound bind(
      Run run, String what, List<@Nullable Object> args, Map<String, @Nullable Object> named) {
    if (args.size() > names.size()) {
      throw run.error(what + " takes at most " + names.size() + " arguments, got " + args.size());
    }
    @Nullable Object[] values = new @Nullable Object[names.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i < args.size() ? args.get(i) : ABSENT;
    }
    for (Map.Entry<String, @Nullable Object> e : named.entrySet()) {
      int i = positional ? -1 : names.indexOf(e.getKey());
      if (i < 0) {
        throw run.error(what + " knows no argument '" + e.getKey() + "'");
      }
      if (values[i] != ABSENT) {
        throw run.error(what + " got the argument '" + e.getKey() + "' twice");
      }
      values[i] = e.getValue();
    }
    for (int i = 0; i < required; i++) {
      if (values[i] == ABSENT) {
        throw run.error(what + " needs the argument '" + names.get(i) + "'");
      }
    }
    return new Bound(run, what, names, values);
  }

  /** The arguments of one call. */
  static final class Bound {
    private final Run run;
    private final String what;
    private final List<String> names;
    private final @Nullable Object[] values;

    Bound(Run run, String what, List<String> names, @Nullable Object[] values) {
      this.run = run;
      this.what = what;
      this.names = names;
      this.values = values;
    }

    boolean has(int i) {
      return values[i] != ABSENT;
    }

    @Nullable Object get(int i) {
      return values[i];
    }

    @Nullable Object or(int i, @Nullable Object otherwise) {
      return has(i) ? values[i] : otherwise;
    }

    boolean flag(int i) {
      return has(i) && Values.truth(values[i]);
    }

    /** A whole number that fits into an int. */
    int number(int i, int otherwise) {
      return has(i) ? number(i) : otherwise;
    }

    int number(int i) {
      Object v = values[i];
      if (v instanceof Boolean) {
        return (Boolean) v ? 1 : 0;
      }
      if (!(v instanceof Long)) {
        throw run.error(
            what + ": " + names.get(i) + " is not a whole number but " + Values.type(v));
      }
      return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, (Long) v));
    }

    /** A string; None and a missing one are null if that is allowed by {@code nullable}. */
    @Nullable String textOrNull(int i) {
      return !has(i) || values[i] == null ? null : string(i);
    }

    /** A string; anything else is an error. */
    String string(int i) {
      if (!(values[i] instanceof String)) {
        throw run.error(
            what + ": " + names.get(i) + " is not a string but " + Values.type(values[i]));
      }
      return (String) values[i];
    }
  }
}
