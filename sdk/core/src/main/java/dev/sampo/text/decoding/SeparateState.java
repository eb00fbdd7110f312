package dev.sampo.text.decoding;

import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Prompts of unequal length, each in a state of its own, for graphs that want padding on the right and give the scores of the last column only: the
 * last id of a shorter prompt would stand where no scores are given. Slower than one batch, and right.
 */
final class SeparateState extends DecodingState {
  private final List<DecodingState> parts = new ArrayList<>();
  private int[] offsets = new int[0];

  private SeparateState(int vocabularySize) {
    super(vocabularySize);
  }

  static SeparateState start(
      CausalModel model,
      TextModel.Batch batch,
      int copies,
      boolean useCache,
      CancellationToken token) {
    SeparateState state = new SeparateState(model.vocabularySize());
    try {
      state.offsets = new int[batch.ids().length];
      for (int b = 0; b < batch.ids().length; b++) {
        int[] ids = batch.withoutPadding(b);
        int[] ones = new int[ids.length];
        Arrays.fill(ones, 1);
        int[][] rows = {ids};
        TextModel.Batch own = new TextModel.Batch(rows, new int[][] {ones}, rows);
        state.parts.add(model.start(own, copies, useCache, token));
        state.offsets[b] = batch.ids()[b].length - ids.length;
      }
      state.collect();
      return state;
    } catch (RuntimeException | Error e) {
      state.close();
      throw e;
    }
  }

  private void collect() {
    float[] all = logits();
    int at = 0;
    for (DecodingState part : parts) {
      int count = part.rows() * vocabularySize();
      System.arraycopy(part.logits(), 0, all, at, count);
      at += count;
    }
  }

  @Override
  public int rows() {
    int rows = 0;
    for (DecodingState part : parts) {
      rows += part.rows();
    }
    return rows;
  }

  @Override
  public int length() {
    return parts.get(0).length() + offsets[0];
  }

  @Override
  public void feed(int[] ids, CancellationToken token) {
    int row = 0;
    for (DecodingState part : parts) {
      part.feed(Arrays.copyOfRange(ids, row, row + part.rows()), token);
      row += part.rows();
    }
    collect();
  }

  @Override
  public float[] feedAll(int[] ids, int count, CancellationToken token) {
    return feedOneByOne(ids, count, token);
  }

  @Override
  public void reorder(int[] parents, CancellationToken token) {
    int perPrompt = parents.length / parts.size();
    int first = 0;
    for (int b = 0; b < parts.size(); b++) {
      DecodingState part = parts.get(b);
      int[] own = new int[perPrompt];
      for (int i = 0; i < perPrompt; i++) {
        own[i] = parents[b * perPrompt + i] - first;
        if (own[i] < 0 || own[i] >= part.rows()) {
          throw new IllegalArgumentException(
              "Row " + parents[b * perPrompt + i] + " belongs to another prompt than prompt " + b);
        }
      }
      first += part.rows();
      part.reorder(own, token);
    }
  }

  @Override
  public boolean canTruncate() {
    return parts.stream().allMatch(DecodingState::canTruncate);
  }

  @Override
  public void truncate(int length, CancellationToken token) {
    requireTruncation();
    for (int b = 0; b < parts.size(); b++) {
      parts.get(b).truncate(length - offsets[b], token);
    }
  }

  @Override
  public void close() {
    parts.forEach(DecodingState::close);
  }
}
