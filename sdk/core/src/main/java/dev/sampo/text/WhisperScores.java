package dev.sampo.text;

import dev.sampo.samplers.text.draw.Rows;
import java.util.List;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/** How well a window went, in transformers' numbers. */
final class WhisperScores {
  /** What one timestamp is later than the one before. */
  static final double SECONDS_A_POSITION = 0.02;

  private WhisperScores() {}

  /** Bytes of the ids, end token included, over their bytes in zlib: ids that repeat give more. */
  static double compressionRatio(int[] ids, int vocabularySize) {
    int width = (int) (Math.log(vocabularySize) / Math.log(2) / 8) + 1;
    byte[] bytes = new byte[ids.length * width];
    for (int i = 0; i < ids.length; i++) {
      for (int k = 0; k < width; k++) {
        bytes[i * width + k] = (byte) (ids[i] >> 8 * k);
      }
    }
    Deflater deflater = new Deflater();
    try {
      deflater.setInput(bytes);
      deflater.finish();
      byte[] buffer = new byte[1024];
      int size = 0;
      while (!deflater.finished()) {
        size += deflater.deflate(buffer);
      }
      return (double) bytes.length / size;
    } finally {
      deflater.end();
    }
  }

  /** Mean log-probability of the ids, end token included, by the processed scores times the temperature. */
  static double meanLogProbability(
      GenerationResult result, int vocabularySize, @Nullable Double temperature) {
    GeneratedSequence sequence = result.sequence();
    int[] ids = sequence.ids();
    int[] beams = sequence.beamIndices();
    List<float[]> scores = result.scores();
    float scale = temperature != null && temperature > 0 ? temperature.floatValue() : 1;
    double sum = 0;
    for (int t = 0; t < ids.length; t++) {
      float[] step = scores.get(t);
      int offset = beams == null ? 0 : beams[t] * vocabularySize;
      if (scale != 1) {
        for (int v = offset; v < offset + vocabularySize; v++) {
          step[v] *= scale;
        }
      }
      sum += Rows.logProbability(step, offset, vocabularySize, ids[t]);
    }
    return sum / ids.length;
  }
}
