package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.draw.Rows;
import java.util.Arrays;

/**
 * The rules of Whisper's timestamp tokens: they come in pairs, never decrease, the first is near the start, and they win over text when
 * their joint probability is larger. transformers' {@code WhisperTimeStampLogitsProcessor}; Radford et al. 2022, arXiv:2212.04356.
 */
public final class WhisperTimestamps implements LogitsProcessor {
  private final int noTimestampsTokenId;
  private final int timestampBegin;
  private final int eosTokenId;
  private final int beginIndex;
  private final int maxInitialTimestampIndex;

  /**
   * @param noTimestampsTokenId the token that switches timestamps off; the first timestamp is the next id
   * @param eosTokenId the end token; text tokens have smaller ids
   * @param beginIndex number of ids before the first generated one
   * @param maxInitialTimestampIndex latest first timestamp, or negative for none
   */
  public WhisperTimestamps(
      int noTimestampsTokenId, int eosTokenId, int beginIndex, int maxInitialTimestampIndex) {
    Checks.notNegative("no_timestamps_token_id", noTimestampsTokenId);
    this.noTimestampsTokenId = noTimestampsTokenId;
    this.timestampBegin = noTimestampsTokenId + 1;
    this.eosTokenId = eosTokenId;
    this.beginIndex = beginIndex;
    this.maxInitialTimestampIndex = maxInitialTimestampIndex;
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    forbid(scores, offset, noTimestampsTokenId, noTimestampsTokenId + 1);
    int count = ids.length() - beginIndex;
    boolean last = count >= 1 && ids.id(ids.length() - 1) >= timestampBegin;
    boolean beforeLast = count < 2 || ids.id(ids.length() - 2) >= timestampBegin;
    if (last) {
      if (beforeLast) {
        forbid(scores, offset, timestampBegin, length);
      } else {
        forbid(scores, offset, 0, eosTokenId);
      }
    }
    int latest = latestTimestamp(ids);
    if (latest >= 0) {
      forbid(scores, offset, timestampBegin, last && !beforeLast ? latest : latest + 1);
    }
    if (ids.length() == beginIndex) {
      forbid(scores, offset, 0, timestampBegin);
      if (maxInitialTimestampIndex >= 0) {
        forbid(scores, offset, timestampBegin + maxInitialTimestampIndex + 1, length);
      }
    }
    preferTimestamps(scores, offset, length);
  }

  private int latestTimestamp(TokenSequence ids) {
    for (int i = ids.length() - 1; i >= beginIndex; i--) {
      if (ids.id(i) >= timestampBegin) {
        return ids.id(i);
      }
    }
    return -1;
  }

  /** If all timestamps together are more probable than the best text token, only they stay. */
  private void preferTimestamps(float[] scores, int offset, int length) {
    float maxText = Rows.max(scores, offset, timestampBegin);
    float maxTime = Rows.max(scores, offset + timestampBegin, length - timestampBegin);
    if (maxTime == Float.NEGATIVE_INFINITY) {
      return;
    }
    double sum = Rows.sumOfExp(scores, offset + timestampBegin, length - timestampBegin, maxTime);
    if (maxTime + Math.log(sum) > maxText) {
      forbid(scores, offset, 0, timestampBegin);
    }
  }

  private static void forbid(float[] scores, int offset, int from, int to) {
    if (from < to) {
      Arrays.fill(scores, offset + from, offset + to, Float.NEGATIVE_INFINITY);
    }
  }
}
