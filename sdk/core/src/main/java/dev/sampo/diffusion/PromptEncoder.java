package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.List;

/**
 * Prompts to the features that a kind of model wants:
 *
 * <ul>
 *   <li>Stable Diffusion 1 and 2: the last layer of one encoder;
 *   <li>XL: the layers before the last of two encoders side by side, and the second one's projected vector;
 *   <li>Stable Diffusion 3: the same, filled up with zeros to the width of a T5 encoder whose positions follow, and both vectors;
 *   <li>Flux: a T5 encoder, and the first encoder's vector;
 *   <li>PixArt and the like: one T5 encoder.
 * </ul>
 */
final class PromptEncoder implements AutoCloseable {
  private final ModelKind kind;
  private final List<TextTower> towers;
  private final boolean zerosForEmpty;
  private final int jointWidth;

  /**
   * @param zerosForEmpty whether a missing negative prompt stands for zeros (XL)
   * @param jointWidth width of Stable Diffusion 3's positions
   */
  PromptEncoder(ModelKind kind, List<TextTower> towers, boolean zerosForEmpty, int jointWidth) {
    this.kind = kind;
    this.towers = new ArrayList<>(towers);
    this.zerosForEmpty = zerosForEmpty;
    this.jointWidth = jointWidth;
  }

  PromptFeatures encode(List<String> prompts, boolean cut, CancellationToken token) {
    List<TextTower.Reading> readings = new ArrayList<>();
    for (TextTower tower : towers) {
      readings.add(tower.read(prompts, cut, token));
    }
    int batch = prompts.size();
    return switch (kind) {
      case STABLE_DIFFUSION_XL -> xl(readings, batch);
      case STABLE_DIFFUSION_3 -> three(readings, batch);
      case FLUX -> flux(readings, batch);
      default -> {
        TextTower.Reading r = readings.get(0);
        yield new PromptFeatures(batch, towers.get(0).length(), r.last(), new float[0]);
      }
    };
  }

  /** What stands for no negative prompt. */
  PromptFeatures negative(
      List<String> prompts, PromptFeatures positive, boolean cut, CancellationToken token) {
    if (prompts.isEmpty() && kind == ModelKind.STABLE_DIFFUSION_XL && zerosForEmpty) {
      return new PromptFeatures(
          positive.batch(),
          positive.length(),
          new float[positive.batch() * positive.length() * positive.width()],
          new float[positive.batch() * positive.pooledWidth()]);
    }
    List<String> texts = new ArrayList<>();
    for (int b = 0; b < positive.batch(); b++) {
      texts.add(prompts.isEmpty() ? "" : prompts.size() == 1 ? prompts.get(0) : prompts.get(b));
    }
    return encode(texts, cut, token);
  }

  private PromptFeatures xl(List<TextTower.Reading> r, int batch) {
    int length = towers.get(0).length();
    float[] features = r.get(0).beforeLast();
    for (int k = 1; k < r.size(); k++) {
      features = sideBySide(features, r.get(k).beforeLast(), batch * length);
    }
    requireHidden(features);
    return new PromptFeatures(batch, length, features, r.get(r.size() - 1).pooled());
  }

  private PromptFeatures three(List<TextTower.Reading> r, int batch) {
    int length = towers.get(0).length();
    float[] clip = r.get(0).beforeLast();
    float[] pooled = r.get(0).pooled();
    if (r.size() > 1) {
      clip = sideBySide(clip, r.get(1).beforeLast(), batch * length);
      pooled = sideBySide(pooled, r.get(1).pooled(), batch);
    }
    requireHidden(clip);
    float[] t5 = r.size() > 2 ? r.get(2).last() : new float[0];
    int t5Length = r.size() > 2 ? towers.get(2).length() : length;
    int width = t5.length > 0 ? t5.length / batch / t5Length : jointWidth;
    int clipWidth = clip.length / batch / length;
    float[] all = new float[batch * (length + t5Length) * width];
    for (int b = 0; b < batch; b++) {
      for (int i = 0; i < length; i++) {
        System.arraycopy(
            clip,
            (b * length + i) * clipWidth,
            all,
            (b * (length + t5Length) + i) * width,
            clipWidth);
      }
      if (t5.length > 0) {
        System.arraycopy(
            t5,
            b * t5Length * width,
            all,
            (b * (length + t5Length) + length) * width,
            t5Length * width);
      }
    }
    return new PromptFeatures(batch, length + t5Length, all, pooled);
  }

  private PromptFeatures flux(List<TextTower.Reading> r, int batch) {
    return new PromptFeatures(batch, towers.get(1).length(), r.get(1).last(), r.get(0).pooled());
  }

  private static void requireHidden(float[] features) {
    if (features.length == 0) {
      throw new RequestException(
          "prompt",
          "This model wants the layer before the last of its text encoders, but their graphs have"
              + " no outputs hidden_states.N. Export them with output_hidden_states.");
    }
  }

  private static float[] sideBySide(float[] a, float[] b, int rows) {
    int wa = a.length / rows;
    int wb = b.length / rows;
    float[] out = new float[a.length + b.length];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(a, r * wa, out, r * (wa + wb), wa);
      System.arraycopy(b, r * wb, out, r * (wa + wb) + wa, wb);
    }
    return out;
  }

  @Override
  public void close() {
    for (TextTower tower : towers) {
      tower.close();
    }
  }
}
