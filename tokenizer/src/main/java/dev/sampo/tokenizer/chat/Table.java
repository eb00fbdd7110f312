package dev.sampo.tokenizer.chat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Functions of a value by name: filters, tests, or the methods of a type. */
final class Table {
  /** What a function does with its value. */
  interface Body {
    @Nullable Object apply(Run run, @Nullable Object self, Signature.Bound args);
  }

  /** A function that looks at its arguments itself. */
  interface Open {
    @Nullable Object apply(
        Run run,
        @Nullable Object self,
        List<@Nullable Object> args,
        Map<String, @Nullable Object> named);
  }

  private final String kind;
  private final Map<String, Open> functions = new HashMap<>();

  /**
   * An empty table.
   *
   * @param kind what its functions are, for errors
   */
  Table(String kind) {
    this.kind = kind;
  }

  /** Adds a function with these parameters; {@code names} are its name and others for the same. */
  void add(String names, String parameters, Body body) {
    Signature signature = new Signature(parameters);
    for (String name : names.split(" ", -1)) {
      String what = kind + " '" + name + "'";
      open(
          name,
          (run, self, args, named) ->
              body.apply(run, self, signature.bind(run, what, args, named)));
    }
  }

  void open(String name, Open body) {
    functions.put(name, body);
  }

  /** Adds functions that are known but cannot be had here. */
  void refuse(String why, String... names) {
    for (String name : names) {
      open(
          name,
          (run, self, args, named) -> {
            throw run.error(kind + " '" + name + "' " + why);
          });
    }
  }

  boolean has(String name) {
    return functions.containsKey(name);
  }

  @Nullable Object call(
      Run run,
      String name,
      @Nullable Object self,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named) {
    Open f = functions.get(name);
    if (f == null) {
      throw run.error("unknown " + kind + " '" + name + "'");
    }
    run.scan(self instanceof String ? ((String) self).length() : 0, kind + " '" + name + "'");
    return f.apply(run, self, args, named);
  }

  /** The function bound to a value; null if there is none of that name. */
  @Nullable Callable bound(String name, @Nullable Object self) {
    return has(name) ? (run, args, named) -> call(run, name, self, args, named) : null;
  }
}
