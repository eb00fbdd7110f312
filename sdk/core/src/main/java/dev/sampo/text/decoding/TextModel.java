package dev.sampo.text.decoding;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A loaded model that gives scores of the next token. Shared by threads. */
public interface TextModel extends AutoCloseable {
  /**
   * A padded batch of prompts.
   *
   * @param ids {@code [prompts][length]}
   * @param mask 1 for ids, 0 for padding
   * @param decoderIds what the decoder begins with, per prompt; for a decoder-only model the same as {@code ids}
   * @param features audio frames for an encoder that reads them, one entry of axis 0 a prompt; otherwise null
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Batch(int[][] ids, int[][] mask, int[][] decoderIds, @Nullable Tensor features) {
    public Batch(int[][] ids, int[][] mask, int[][] decoderIds) {
      this(ids, mask, decoderIds, null);
    }

    /** The ids of a row that are no padding, which stands on the left. */
    public int[] withoutPadding(int row) {
      int padding = 0;
      while (padding < mask[row].length - 1 && mask[row][padding] == 0) {
        padding++;
      }
      return Arrays.copyOfRange(ids[row], padding, ids[row].length);
    }
  }

  /** Size of the vocabulary that scores are about. */
  int vocabularySize();

  /** Whether prompts go to an encoder, padded on the right, and the decoder has ids of its own. */
  boolean isEncoderDecoder();

  /** Most ids the model can hold, {@link Integer#MAX_VALUE} if unknown. */
  int maxPositions();

  /** Ids of a step where a model without state reads a window of fixed length; otherwise 0. */
  default int window() {
    return 0;
  }

  /**
   * Reads the prompts; the scores of the first token are then in {@link DecodingState#logits()}.
   *
   * @param copies rows a prompt: row {@code r} belongs to prompt {@code r / copies}
   * @param useCache whether to keep keys and values; without, every step reads everything again
   */
  DecodingState start(Batch batch, int copies, boolean useCache, CancellationToken token);

  /** An empty batch of rows that may join and leave; null if rows of this model cannot, whatever they are. */
  default @Nullable RowBatch newRows() {
    return null;
  }

  /** Most ids of a row that can be one of {@link #newRows()}. */
  default int maxRowLength() {
    return Integer.MAX_VALUE;
  }

  /** What makes a row of a batch come out otherwise than alone, beyond the rounding of float32: operators and types of the graph; empty if nothing. */
  default Set<String> coupledBy() {
    return Collections.emptySet();
  }

  /**
   * The scores after every id of the decoder's ids.
   *
   * @return {@code prompts * length * vocabularySize}
   */
  float[] scoreAll(Batch batch, CancellationToken token);

  @Override
  void close();
}
