package dev.sampo.text.batch;

import dev.sampo.error.SampoException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.RowBatch;
import dev.sampo.text.decoding.TextModel;
import java.util.Arrays;
import java.util.Set;

/**
 * Whether rows of a model may share steps: two short rows are stepped alone and together, and have to get the same scores. A graph that takes positions
 * from the length of its past, or looks at padding, shows here, whatever it declares.
 */
final class Probe {
  private static final CancellationToken NONE = CancellationToken.none();
  private static final float SAME = 1e-3f;

  private Probe() {}

  static Sharing of(TextModel model, boolean exact) {
    Set<String> coupled = model.coupledBy();
    if (exact && !coupled.isEmpty()) {
      return new Sharing(false, true, "Rows change one another by " + coupled + ".");
    }
    try (RowBatch batch = model.newRows()) {
      if (batch == null) {
        return new Sharing(
            false, true, "The model keeps nothing between steps that rows could bring along.");
      }
      float difference = difference(model, batch);
      if (coupled.isEmpty() && !(difference <= SAME)) {
        return new Sharing(
            false,
            true,
            "A row gets other scores beside another one (" + difference + " of the largest).");
      }
    } catch (SampoException | IllegalArgumentException e) {
      return new Sharing(false, true, "Rows of the model cannot be joined: " + e.getMessage());
    }
    return coupled.isEmpty()
        ? new Sharing(true, true, "")
        : new Sharing(true, false, "Rows change one another by " + coupled + ".");
  }

  /** The largest difference of scores, relative to the largest score. */
  private static float difference(TextModel model, RowBatch batch) {
    int[] first = ids(model, 5, 3);
    int[] second = ids(model, 2, 7);
    int[] next = ids(model, 4, 11);
    float[] together = new float[model.vocabularySize()];
    float largest = 1e-6f;
    float difference = 0;
    try (DecodingState a = batch.newRow();
        DecodingState b = batch.newRow()) {
      batch.read(a, first, NONE);
      batch.read(b, second, NONE);
      batch.join(a, 1, NONE);
      batch.join(b, 1, NONE);
      for (int step = 0; step < 2; step++) {
        int[] ids = {next[2 * step], next[2 * step + 1]};
        batch.feed(ids, NONE);
        a.feed(Arrays.copyOfRange(ids, 0, 1), NONE);
        b.feed(Arrays.copyOfRange(ids, 1, 2), NONE);
        for (int row = 0; row < 2; row++) {
          float[] alone = row == 0 ? a.logits() : b.logits();
          batch.scores(row, together, 0);
          for (int i = 0; i < together.length; i++) {
            largest = Math.max(largest, Math.abs(alone[i]));
            float d = Math.abs(alone[i] - together[i]);
            difference = d <= difference ? difference : d; // NaN stays
          }
        }
      }
    }
    return difference / largest;
  }

  private static int[] ids(TextModel model, int count, int seed) {
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = (int) ((seed + 31L * i * seed) % model.vocabularySize());
    }
    return ids;
  }
}
