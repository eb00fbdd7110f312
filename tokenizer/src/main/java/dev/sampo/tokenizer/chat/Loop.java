package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code loop}: where a for statement is. Can be called when the loop is recursive. */
final class Loop implements Attributes, Callable {
  private final List<@Nullable Object> items;
  private final int depth;
  private final @Nullable Callable again;
  private int at = -1;
  private @Nullable List<@Nullable Object> latest;

  Loop(List<@Nullable Object> items, int depth, @Nullable Callable again) {
    this.items = items;
    this.depth = depth;
    this.again = again;
  }

  boolean next() {
    return ++at < items.size();
  }

  @Nullable Object item() {
    return items.get(at);
  }

  @Override
  public @Nullable Object call(
      Run run, List<@Nullable Object> args, Map<String, @Nullable Object> named) {
    if (again == null) {
      throw run.error("loop() needs a 'for' that is marked 'recursive'");
    }
    return again.call(run, args, named);
  }

  @Override
  public @Nullable Object attribute(Run run, String name) {
    int n = items.size();
    switch (name) {
      case "index":
        return at + 1L;
      case "index0":
        return (long) at;
      case "revindex":
        return (long) (n - at);
      case "revindex0":
        return n - at - 1L;
      case "first":
        return at == 0;
      case "last":
        return at == n - 1;
      case "length":
        return (long) n;
      case "depth":
        return depth + 1L;
      case "depth0":
        return (long) depth;
      case "previtem":
        return at == 0 ? new Undefined("'loop.previtem' of the first") : items.get(at - 1);
      case "nextitem":
        return at == n - 1 ? new Undefined("'loop.nextitem' of the last") : items.get(at + 1);
      case "cycle":
        return (Callable)
            (r, args, named) -> {
              if (args.isEmpty()) {
                throw r.error("loop.cycle() of nothing");
              }
              return args.get(at % args.size());
            };
      case "changed":
        return (Callable)
            (r, args, named) -> {
              boolean same = latest != null && Values.same(r, latest, args);
              latest = new ArrayList<>(args);
              return !same;
            };
      default:
        return new Undefined("'loop." + name + "'");
    }
  }

  @Override
  public @Nullable String printed(Run run) {
    return "<LoopContext " + (at + 1) + "/" + items.size() + ">";
  }

  @Override
  public String kind() {
    return "a loop";
  }
}
