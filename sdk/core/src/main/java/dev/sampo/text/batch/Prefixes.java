package dev.sampo.text.batch;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.RowBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What prompts may begin with, read once. Two things are kept: a beginning that a prompt has in common with a recent one, a system prompt for one; and what
 * requests had read when they ended, which is how the next prompt of their conversation begins. Of what is kept, a prompt takes as many ids as are its own,
 * if the model can cut off the rest. Those not used for longest go first. One thread; close it.
 */
final class Prefixes implements AutoCloseable {
  /** Shorter ones cost more to look after than to read. */
  private static final int SHORTEST = 16;

  private static final int RECENT = 32;

  private static final int MOST = 64;

  private final RowBatch batch;
  private final long limit;
  private final Deque<int[]> recent = new ArrayDeque<>();

  /** The one used last is at the end. */
  private final List<Kept> kept = new ArrayList<>();

  private long bytes;

  /** @param limit most bytes to keep */
  Prefixes(RowBatch batch, long limit) {
    this.batch = batch;
    this.limit = limit;
  }

  /** A beginning with what the model remembers of it. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Kept(int[] ids, DecodingState state, long bytes) {}

  long bytes() {
    return bytes;
  }

  /** A state of its own that has read the longest known beginning of a prompt; null if none is known. {@link DecodingState#length()} says how long. */
  @Nullable DecodingState begin(int[] prompt, CancellationToken token) {
    Kept best = null;
    int most = 0;
    for (Kept each : kept) {
      int common = Math.min(common(each.ids(), prompt), prompt.length - 1);
      boolean usable = common == each.ids().length || each.state().canTruncate();
      if (usable && common >= SHORTEST && common > most) {
        best = each;
        most = common;
      }
    }
    if (best == null) {
      return null;
    }
    kept.remove(best);
    kept.add(best);
    DecodingState copy = batch.copy(best.state(), token);
    try {
      if (most < best.ids().length) {
        copy.truncate(most, token);
      }
      return copy;
    } catch (RuntimeException | Error e) {
      copy.close();
      throw e;
    }
  }

  /**
   * How many first ids of a prompt are worth keeping once they are read, since a recent one began with them; 0 if none are. Notes the prompt.
   *
   * @param known ids that are kept already
   */
  int worth(int[] prompt, int known) {
    if (limit == 0) {
      return 0;
    }
    int most = 0;
    for (int[] other : recent) {
      most = Math.max(most, Math.min(common(other, prompt), prompt.length - 1));
    }
    recent.addLast(prompt);
    if (recent.size() > RECENT) {
      recent.removeFirst();
    }
    // A little more than is known is chance: the first words of questions.
    return most >= known + SHORTEST ? most : 0;
  }

  private static int common(int[] a, int[] b) {
    int length = 0;
    while (length < a.length && length < b.length && a[length] == b[length]) {
      length++;
    }
    return length;
  }

  /** Keeps the first ids of a prompt, which a state has just read. */
  void keep(int[] prompt, DecodingState read, CancellationToken token) {
    int[] ids = Arrays.copyOf(prompt, read.length());
    if (makeRoom(ids)) {
      add(ids, batch.copy(read, token));
    }
  }

  /** Keeps what a row of a batch has read. */
  void keep(int[] ids, RowBatch rows, int row) {
    if (makeRoom(ids)) {
      add(ids, rows.copy(row, ids.length, CancellationToken.none()));
    }
  }

  /** Whether ids are to be kept; there is room for them then. */
  private boolean makeRoom(int[] ids) {
    long size = batch.bytesOf(ids.length);
    if (ids.length < SHORTEST || size > limit) {
      return false;
    }
    for (Kept each : kept) {
      if (Arrays.equals(each.ids(), ids)) {
        return false;
      }
    }
    while (bytes + size > limit || kept.size() >= MOST) {
      drop(kept.get(0));
    }
    return true;
  }

  private void add(int[] ids, DecodingState state) {
    long size = batch.bytesOf(ids.length);
    kept.add(new Kept(ids, state, size));
    bytes += size;
  }

  private void drop(Kept each) {
    kept.remove(each);
    bytes -= each.bytes();
    each.state().close();
  }

  @Override
  public void close() {
    while (!kept.isEmpty()) {
      drop(kept.get(0));
    }
  }
}
