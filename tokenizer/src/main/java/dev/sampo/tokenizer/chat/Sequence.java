package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's kinds of sequences apart from the list, which is an {@link ArrayList}. */
final class Sequence {
  private static final int HASH_DEPTH = 8;

  private Sequence() {}

  /** A tuple: prints with parentheses, never equals a list, and can be a key. */
  static class Tuple extends ArrayList<@Nullable Object> {
    private static final long serialVersionUID = 1L;

    Tuple() {}

    Tuple(Collection<? extends @Nullable Object> items) {
      super(items);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Tuple && super.equals(other);
    }

    /** Looks only so deep: equal tuples have equal hashes all the same. */
    @Override
    public int hashCode() {
      return hash(this, HASH_DEPTH);
    }

    private static int hash(Tuple tuple, int depth) {
      int h = tuple.size();
      for (Object o : tuple) {
        int one =
            o instanceof Tuple
                ? (depth > 0 ? hash((Tuple) o, depth - 1) : 1)
                : o == null ? 0 : o.hashCode();
        h = 31 * h + one;
      }
      return h;
    }
  }

  /** One group of the filter groupby: a tuple whose elements have names. */
  static final class Group extends Tuple implements Attributes {
    private static final long serialVersionUID = 1L;

    Group(@Nullable Object key, List<@Nullable Object> members) {
      add(key);
      add(members);
    }

    @Override
    public @Nullable Object attribute(Run run, String name) {
      return name.equals("grouper")
          ? get(0)
          : name.equals("list") ? get(1) : new Undefined("'" + name + "' of a group");
    }

    @Override
    public String kind() {
      return "a group";
    }
  }

  /** A dict's keys, values or items: prints with its name, and has no index. */
  static final class View extends ArrayList<@Nullable Object> {
    private static final long serialVersionUID = 1L;
    final String name;

    View(String name, Collection<? extends @Nullable Object> items) {
      super(items);
      this.name = name;
    }
  }

  /** range(): a sequence that prints as it was made. */
  static final class Range extends ArrayList<@Nullable Object> {
    private static final long serialVersionUID = 1L;
    final long start;
    final long step;
    private final long stop;

    /** The {@code count} numbers from {@code start} on that are before {@code stop}. */
    Range(long start, long stop, long step, long count) {
      this.start = start;
      this.stop = stop;
      this.step = step;
      for (long i = 0; i < count; i++) {
        add(start + i * step);
      }
    }

    String printed() {
      return "range(" + start + ", " + stop + (step == 1 ? "" : ", " + step) + ")";
    }
  }

  /** What filters such as map and select give: it can be gone through once, and has no length. */
  static final class Lazy {
    final String filter;
    private final Iterator<? extends @Nullable Object> items;

    Lazy(String filter, Iterable<? extends @Nullable Object> items) {
      this.filter = filter;
      this.items = items.iterator();
    }

    boolean hasNext() {
      return items.hasNext();
    }

    @Nullable Object next() {
      return items.next();
    }

    /** All that is left. */
    List<@Nullable Object> rest(Run run) {
      List<@Nullable Object> out = new ArrayList<>();
      while (items.hasNext()) {
        run.elements(1, "filter '" + filter + "'");
        out.add(items.next());
      }
      return out;
    }
  }
}
