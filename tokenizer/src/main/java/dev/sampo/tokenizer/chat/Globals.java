package dev.sampo.tokenizer.chat;

import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions that every template has: Jinja's, and transformers' raise_exception and strftime_now. */
final class Globals {
  private static final int MAX_RANGE = 100_000;
  private static final Table FUNCTIONS = new Table("function");
  private static final String[] NAMES = {
    "range", "dict", "namespace", "cycler", "joiner", "raise_exception", "strftime_now", "lipsum"
  };

  static {
    FUNCTIONS.add("range", "/start, stop?, step?", (run, self, a) -> range(run, a));
    FUNCTIONS.open("dict", (run, self, args, named) -> dict(run, "dict", args, named));
    FUNCTIONS.open(
        "namespace",
        (run, self, args, named) -> new Namespace(dict(run, "namespace", args, named)));
    FUNCTIONS.open(
        "cycler",
        (run, self, args, named) -> {
          if (args.isEmpty() || !named.isEmpty()) {
            throw run.error("cycler() takes the values to go through, at least one");
          }
          return new Cycler(args);
        });
    FUNCTIONS.add("joiner", "sep?", (run, self, a) -> new Joiner(Values.text(run, a.or(0, ", "))));
    FUNCTIONS.add(
        "raise_exception",
        "message",
        (run, self, a) -> {
          throw new ChatTemplateException(Values.text(run, a.get(0)));
        });
    FUNCTIONS.add(
        "strftime_now",
        "format",
        (run, self, a) -> Strftime.format(run, a.string(0), ZonedDateTime.now(run.clock)));
    FUNCTIONS.refuse("gives random text, which a chat template may not", "lipsum");
  }

  private Globals() {}

  static void set(Scope scope) {
    for (String name : NAMES) {
      scope.set(name, FUNCTIONS.bound(name, null));
    }
    scope.set("self", new Self());
  }

  private static Object range(Run run, Signature.Bound a) {
    long start = a.has(1) ? a.number(0) : 0;
    long stop = a.number(a.has(1) ? 1 : 0);
    long step = a.number(2, 1);
    if (step == 0) {
      throw run.error("range() with step 0");
    }
    long count =
        Math.max(
            0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);
    if (count > MAX_RANGE) {
      throw run.error("range() of more than " + MAX_RANGE + " numbers");
    }
    run.elements(count, "range()");
    return new Sequence.Range(start, stop, step, count);
  }

  private static Map<@Nullable Object, @Nullable Object> dict(
      Run run, String what, List<@Nullable Object> args, Map<String, @Nullable Object> named) {
    Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
    if (args.size() > 1) {
      throw run.error("function '" + what + "' takes at most 1 argument by position");
    }
    if (!args.isEmpty() && args.get(0) instanceof Map) {
      out.putAll((Map<?, ?>) java.util.Objects.requireNonNull(args.get(0)));
    } else if (!args.isEmpty()) {
      for (Object pair : Values.items(run, args.get(0))) {
        List<@Nullable Object> two = Values.items(run, pair);
        if (two.size() != 2) {
          throw run.error("function '" + what + "' takes a dict or pairs");
        }
        out.put(Values.key(run, two.get(0)), two.get(1));
      }
    }
    out.putAll(named);
    run.elements(out.size(), what + "()");
    return out;
  }

  /** What {@code namespace()} makes: fields that can be set. */
  static final class Namespace implements Attributes {
    private final Map<@Nullable Object, @Nullable Object> fields;

    Namespace(Map<@Nullable Object, @Nullable Object> fields) {
      this.fields = fields;
    }

    void put(String name, @Nullable Object value) {
      fields.put(name, value);
    }

    @Override
    public @Nullable Object attribute(Run run, String name) {
      return fields.containsKey(name)
          ? fields.get(name)
          : new Undefined("'" + name + "' of a namespace");
    }

    @Override
    public String printed(Run run) {
      run.enter("printing a namespace");
      String text = "<Namespace " + Values.text(run, fields) + ">";
      run.leave();
      return text;
    }

    @Override
    public String kind() {
      return "a namespace";
    }
  }

  /** Goes round a list of values. */
  private static final class Cycler implements Attributes {
    private final List<@Nullable Object> values;
    private int at;

    Cycler(List<@Nullable Object> values) {
      this.values = new ArrayList<>(values);
    }

    @Override
    public @Nullable Object attribute(Run run, String name) {
      switch (name) {
        case "current":
          return values.get(at);
        case "next":
          return (Callable)
              (r, args, named) -> {
                Object value = values.get(at);
                at = (at + 1) % values.size();
                return value;
              };
        case "reset":
          return (Callable)
              (r, args, named) -> {
                at = 0;
                return null;
              };
        default:
          return new Undefined("'" + name + "' of a cycler");
      }
    }

    @Override
    public String kind() {
      return "a cycler";
    }
  }

  /** Gives nothing at first, then its separator. */
  private static final class Joiner implements Attributes, Callable {
    private final String separator;
    private boolean used;

    Joiner(String separator) {
      this.separator = separator;
    }

    @Override
    public Object call(Run run, List<@Nullable Object> args, Map<String, @Nullable Object> named) {
      String text = used ? separator : "";
      used = true;
      return text;
    }

    @Override
    public Object attribute(Run run, String name) {
      return name.equals("sep")
          ? separator
          : name.equals("used") ? (Object) used : new Undefined("'" + name + "' of a joiner");
    }

    @Override
    public String kind() {
      return "a joiner";
    }
  }

  /** {@code self}: the blocks of a template, which a chat template has no use for. */
  private static final class Self implements Attributes {
    @Override
    public Object attribute(Run run, String name) {
      throw run.error("'self." + name + "' is not supported in chat templates");
    }

    @Override
    public String printed(Run run) {
      return "<TemplateReference None>";
    }

    @Override
    public String kind() {
      return "self";
    }
  }
}
