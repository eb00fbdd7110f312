package dev.sampo.text.batch;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.RowBatch;
import dev.sampo.text.decoding.RowGroup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A task at work: its prompts are read piece by piece, then its rows take steps. Belongs to the lane's thread; close it. */
final class Running implements AutoCloseable {
  final Task task;
  final RowGroup<GenerationResult> group;

  /** The token that each row got last. */
  int[] tokens = new int[0];

  private final int vocabularySize;
  private final long begin;
  private final List<DecodingState> read = new ArrayList<>();
  private @Nullable DecodingState reading;
  private int position;
  private int keepAt;

  Running(Task task, RowGroup<GenerationResult> group, int vocabularySize) {
    this.task = task;
    this.group = group;
    this.vocabularySize = vocabularySize;
    this.begin = group.now();
  }

  /** Rows that it needs. */
  int rows() {
    return group.prompts().length * group.copies();
  }

  boolean isRead() {
    return read.size() == group.prompts().length;
  }

  /**
   * Reads on.
   *
   * @param most ids at most
   * @return ids that were read
   */
  int read(RowBatch batch, Prefixes prefixes, int most, Counts counts) {
    int[] prompt = group.prompts()[read.size()];
    CancellationToken token = group.token();
    DecodingState state = reading;
    if (state == null) {
      state = prefixes.begin(prompt, token);
      position = state == null ? 0 : state.length();
      counts.prefixTokens.add(position);
      keepAt = prefixes.worth(prompt, position);
      state = state == null ? batch.newRow() : state;
      reading = state;
    }
    int end = keepAt > position ? keepAt : prompt.length;
    int count = Math.min(most, end - position);
    batch.read(state, Arrays.copyOfRange(prompt, position, position + count), token);
    counts.promptTokens.add(count);
    position += count;
    if (position == keepAt) {
      prefixes.keep(prompt, state, token);
    }
    if (position == prompt.length) {
      readWhole(state);
    }
    return count;
  }

  private void readWhole(DecodingState state) {
    int first = read.size() * group.copies();
    for (int r = first; r < first + group.copies(); r++) {
      System.arraycopy(state.logits(), 0, group.scores(), r * vocabularySize, vocabularySize);
    }
    read.add(state);
    reading = null;
    if (isRead()) {
      group.promptsRead(begin);
    }
  }

  /** The first tokens; rows that go on join the batch, and are told to {@code joined}. */
  void enter(RowBatch batch, List<Running.Row> joined) {
    tokens = group.step();
    for (int p = 0; p < read.size(); p++) {
      int open = 0;
      for (int r = p * group.copies(); r < (p + 1) * group.copies(); r++) {
        open += group.hasEnded(r) ? 0 : 1;
      }
      if (open > 0) {
        batch.join(read.get(p), open, CancellationToken.none());
      }
      for (int r = p * group.copies(); r < (p + 1) * group.copies(); r++) {
        if (!group.hasEnded(r)) {
          joined.add(new Row(this, r));
        }
      }
    }
    close();
  }

  /** A row of the batch: which row of which task it is. */
  record Row(Running of, int index) {}

  /** Frees what was read; rows that joined have their own. */
  @Override
  public void close() {
    read.forEach(DecodingState::close);
    read.clear();
    if (reading != null) {
      reading.close();
      reading = null;
    }
  }
}
