package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A macro, or the body of a call block. */
final class Macro implements Attributes, Callable {
  /** What a macro takes. */
  static final class Parameters {
    final List<String> names = new ArrayList<>();
    final List<@Nullable Expression> defaults = new ArrayList<>();
    boolean takesMore;
    boolean takesMoreNamed;
    boolean takesCaller;
  }

  private final String name;
  private final Parameters parameters;
  private final Statement body;
  private final Scope definition;

  Macro(String name, Parameters parameters, Statement body, Scope definition) {
    this.name = name;
    this.parameters = parameters;
    this.body = body;
    this.definition = definition;
  }

  @Override
  public Object call(Run run, List<@Nullable Object> args, Map<String, @Nullable Object> named) {
    Scope inner = new Scope(definition);
    Map<String, @Nullable Object> left = new LinkedHashMap<>(named);
    Object caller = left.containsKey("caller") ? left.remove("caller") : null;
    if (caller != null && !parameters.takesCaller) {
      throw run.error("macro '" + name + "' is called with a body, but has no caller()");
    }
    inner.set("caller", caller == null ? new Undefined("'caller'") : caller);
    int count = parameters.names.size();
    for (int i = 0; i < count; i++) {
      String parameter = parameters.names.get(i);
      if (i < args.size()) {
        if (left.containsKey(parameter)) {
          throw run.error("macro '" + name + "' got the argument '" + parameter + "' twice");
        }
        inner.set(parameter, args.get(i));
      } else if (left.containsKey(parameter)) {
        inner.set(parameter, left.remove(parameter));
      } else {
        Expression fallback = parameters.defaults.get(i);
        inner.set(
            parameter,
            fallback == null
                ? new Undefined("parameter '" + parameter + "'")
                : fallback.value(inner));
      }
    }
    if (args.size() > count && !parameters.takesMore) {
      throw run.error("macro '" + name + "' takes " + count + " arguments, got " + args.size());
    }
    if (!left.isEmpty() && !parameters.takesMoreNamed) {
      throw run.error(
          "macro '" + name + "' knows no argument '" + left.keySet().iterator().next() + "'");
    }
    if (parameters.takesMore) {
      inner.set(
          "varargs", new Sequence.Tuple(args.subList(Math.min(count, args.size()), args.size())));
    }
    if (parameters.takesMoreNamed) {
      inner.set("kwargs", new LinkedHashMap<>(left));
    }
    StringBuilder out = new StringBuilder();
    int unused = body.run(inner, out);
    return out.toString();
  }

  @Override
  public @Nullable Object attribute(Run run, String field) {
    switch (field) {
      case "name":
        return name;
      case "arguments":
        return new Sequence.Tuple(parameters.names);
      default:
        return new Undefined("'" + field + "' of a macro");
    }
  }

  @Override
  public String printed(Run run) {
    return "<Macro '" + name + "'>";
  }

  @Override
  public String kind() {
    return "a macro";
  }
}
