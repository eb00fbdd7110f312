package dev.sampo.diffusion.architecture;

import dev.sampo.error.RequestException;
import java.util.List;

/**
 * Stable Diffusion 3: a Transformer in which text and picture attend to each other, trained as a flow. Two CLIP encoders side by side,
 * filled up with zeros to the width of a T5 encoder whose positions follow; both CLIP vectors. Esser et al. 2024, arXiv:2403.03206.
 *
 * @param jointWidth width of a text position, where there is no T5 encoder to say it
 */
public record StableDiffusion3(int jointWidth) implements Architecture {
  @Override
  public double guidanceScale() {
    return 7.0;
  }

  @Override
  public int steps() {
    return 28;
  }

  @Override
  public int defaultPositions() {
    return 128;
  }

  @Override
  public TextWish wish(TextOptions options) {
    Integer skip = options.clipSkip();
    return new TextWish(2 + (skip == null ? 0 : skip), false);
  }

  @Override
  public TextFeatures text(List<TextReading> r) {
    int batch = r.get(0).batch();
    int length = r.get(0).length();
    float[] clip = hidden(r.get(0));
    float[] pooled = r.get(0).pooled();
    if (r.size() > 1) {
      clip = TextReading.sideBySide(clip, hidden(r.get(1)), batch * length);
      pooled = TextReading.sideBySide(pooled, r.get(1).pooled(), batch);
    }
    float[] t5 = r.size() > 2 ? r.get(2).last() : new float[0];
    int t5Length = r.size() > 2 ? r.get(2).length() : length;
    int width = t5.length > 0 ? t5.length / batch / t5Length : jointWidth;
    int clipWidth = clip.length / batch / length;
    int all = length + t5Length;
    float[] features = new float[batch * all * width];
    for (int b = 0; b < batch; b++) {
      for (int i = 0; i < length; i++) {
        System.arraycopy(
            clip, (b * length + i) * clipWidth, features, (b * all + i) * width, clipWidth);
      }
      if (t5.length > 0) {
        int from = b * t5Length * width;
        System.arraycopy(t5, from, features, (b * all + length) * width, t5Length * width);
      }
    }
    return new TextFeatures(all, features, pooled, ones(batch * all));
  }

  static long[] ones(int count) {
    long[] mask = new long[count];
    java.util.Arrays.fill(mask, 1);
    return mask;
  }

  /** The layer wished for, or an error that says how to get it. */
  static float[] hidden(TextReading reading) {
    if (reading.layer().length == 0) {
      throw new RequestException(
          "prompt",
          "This model wants the layer before the last of its text encoders, but their graphs have"
              + " no outputs hidden_states.N. Export them with output_hidden_states.");
    }
    return reading.layer();
  }
}
