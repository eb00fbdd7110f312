package dev.sampo.tokenizer.model;

import dev.sampo.tokenizer.text.IntList;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects tokens: ids, and the units of the text that each stands for. One owner, one call. */
public final class TokenSink {
  private final IntList ids = new IntList(256);
  private final IntList starts = new IntList(256);
  private final IntList ends = new IntList(256);
  private @Nullable Map<Integer, String> surfaces;

  /** Adds a token for units {@code start} to {@code end}. */
  public void add(int id, int start, int end) {
    ids.add(id);
    starts.add(start);
    ends.add(end);
  }

  /** Adds a token that shows another text than the vocabulary says. */
  public void add(int id, int start, int end, String surface) {
    if (surfaces == null) {
      surfaces = new HashMap<>();
    }
    surfaces.put(ids.size(), surface);
    add(id, start, end);
  }

  /** Forgets all. */
  public void clear() {
    ids.clear();
    starts.clear();
    ends.clear();
    surfaces = null;
  }

  /** How many tokens there are. */
  public int size() {
    return ids.size();
  }

  /** The ids. */
  public IntList ids() {
    return ids;
  }

  /** Where each token begins. */
  public IntList starts() {
    return starts;
  }

  /** Where each token ends. */
  public IntList ends() {
    return ends;
  }

  /** Texts of tokens by index, where they are not what the vocabulary says; null if there are none. */
  public @Nullable Map<Integer, String> surfaces() {
    return surfaces;
  }
}
