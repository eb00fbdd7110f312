package dev.sampo.export.optimize;

import dev.sampo.runtime.Shape;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds out what a mask lets a position see, from its values: all before it, or the last of them only. */
final class MaskProbe {
  private static final int SHORT = 9;
  private static final float SHUT = -1e4f;

  private final Slices slices;
  private final int longest;
  private final Map<List<Attended.Mask>, Integer> known = new HashMap<>();

  /**
   * @param longest most positions that are looked at
   */
  MaskProbe(Slices slices, int longest) {
    this.slices = slices;
    this.longest = longest;
  }

  /** Positions that each one sees, itself included: 0 for all, -1 where the masks mean something else. */
  int window(List<Attended.Mask> masks) throws IOException {
    Integer found = known.get(masks);
    if (found == null) {
      found = look(masks);
      known.put(masks, found);
    }
    return found;
  }

  private int look(List<Attended.Mask> masks) throws IOException {
    boolean[] last = seen(masks, new Slices.Run(longest - 1, 1));
    boolean[] square = seen(masks, new Slices.Run(0, SHORT));
    boolean[] later = seen(masks, new Slices.Run(3, 2));
    if (last == null || square == null || later == null) {
      return -1;
    }
    int width = 0;
    while (width < longest && last[longest - 1 - width]) {
      width++;
    }
    int window = width == longest ? 0 : width;
    boolean plain =
        fits(last, longest - 1, 1, window)
            && fits(square, 0, SHORT, window)
            && fits(later, 3, 2, window);
    return plain && width > 0 ? window : -1;
  }

  private static boolean fits(boolean[] seen, int past, int count, int window) {
    int total = past + count;
    for (int q = 0; q < count; q++) {
      for (int k = 0; k < total; k++) {
        boolean before = k <= past + q;
        boolean near = window == 0 || k > past + q - window;
        if (seen[q * total + k] != (before && near)) {
          return false;
        }
      }
    }
    return true;
  }

  /** What each position of a run sees, [count, total], or null where heads differ or numbers are added. */
  private boolean @Nullable [] seen(List<Attended.Mask> masks, Slices.Run run) throws IOException {
    boolean[] all = new boolean[run.count() * run.total()];
    java.util.Arrays.fill(all, true);
    for (Attended.Mask mask : masks) {
      Slices.Values values = slices.run(mask.name(), run, null);
      if (values == null || !and(all, values, mask, run)) {
        return null;
      }
    }
    return all;
  }

  private static boolean and(
      boolean[] all, Slices.Values values, Attended.Mask mask, Slices.Run run) {
    Shape shape = values.shape();
    int rank = shape.rank();
    int total = run.total();
    long keys = rank > 0 ? shape.dim(rank - 1) : 1;
    long queries = rank > 1 ? shape.dim(rank - 2) : 1;
    boolean wide = keys == total || keys == 1;
    boolean high = queries == run.count() || queries == 1;
    if (!wide || !high) {
      return false;
    }
    float[] numbers = values.numbers();
    int plane = (int) (keys * queries);
    for (int i = 0; i < numbers.length; i++) {
      int q = (int) (i % plane / keys);
      int k = (int) (i % keys);
      float x = numbers[i];
      Boolean truth = mask.seen();
      if (truth == null && x != 0 && !(x < SHUT)) {
        return false;
      }
      boolean open = truth == null ? x == 0 : (x != 0) == truth;
      if (open != (truth == null ? numbers[i % plane] == 0 : (numbers[i % plane] != 0) == truth)) {
        return false; // heads differ
      }
      if (!open) {
        shut(all, queries == 1 ? -1 : q, keys == 1 ? -1 : k, total);
      }
    }
    return true;
  }

  private static void shut(boolean[] all, int query, int key, int total) {
    for (int i = 0; i < all.length; i++) {
      boolean row = query < 0 || i / total == query;
      boolean column = key < 0 || i % total == key;
      if (row && column) {
        all[i] = false;
      }
    }
  }
}
