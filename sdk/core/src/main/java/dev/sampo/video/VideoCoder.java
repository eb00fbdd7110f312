package dev.sampo.video;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.specs.ImageFormat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of a video model: latents z * std / scaling_factor + mean, a value a channel, to frames. Tiles overlap by a quarter and fade
 * into each other; each holds all frames, because a causal decoder's frames depend on those before.
 */
final class VideoCoder implements AutoCloseable {
  private static final double OVERLAP = 0.25;

  private final Graph decoder;
  private final int channels;
  private final float[] means;
  private final double[] scales;
  private final int spatial;

  VideoCoder(ModelFolder folder, Graph decoder, JsonNode config, int channels, int spatial) {
    this.decoder = decoder;
    this.channels = channels;
    this.spatial = spatial;
    this.means = new float[channels];
    this.scales = new double[channels];
    double scaling = config.path("scaling_factor").asDouble(1.0);
    for (int c = 0; c < channels; c++) {
      means[c] = (float) value(folder, config, "latents_mean", c, 0);
      scales[c] = value(folder, config, "latents_std", c, 1) / scaling;
    }
  }

  private double value(ModelFolder folder, JsonNode config, String key, int c, double fallback) {
    JsonNode list = config.path(key);
    if (list.isMissingNode() || list.isNull()) {
      return fallback;
    }
    if (!list.isArray() || list.size() != channels || !list.get(c).isNumber()) {
      throw new ModelException(
          folder.root().resolve("vae_decoder/config.json"),
          key
              + " of vae_decoder/config.json wants "
              + channels
              + " numbers, one for each latent channel; it is "
              + list
              + ".");
    }
    return list.get(c).asDouble();
  }

  /** Whether the decoder wants a time, and noise mixed in. */
  boolean takesTime() {
    return decoder.inputs().containsKey("timestep");
  }

  /** The decoder's numbers for latents [batch, channels, frames, height, width]. */
  float[] scaled(float[] x, VideoShape s) {
    float[] z = new float[x.length];
    for (int j = 0; j < z.length; j++) {
      int c = j / s.area() % channels;
      z[j] = (float) (x[j] * scales[c] + means[c]);
    }
    return z;
  }

  /**
   * Frames in 0..1, one batch a video.
   *
   * @param z scaled latents
   * @param time what the decoder is told, where it wants it
   */
  List<PictureBatch> decode(float[] z, VideoShape s, int tilePx, double time, CancellationToken t) {
    int tile = Math.max(0, tilePx / spatial);
    if (tile == 0 || (s.height() <= tile && s.width() <= tile)) {
      Clip clip = whole(z, s, time, t);
      return pictures(clip.values, clip.shape);
    }
    return tiled(z, s, Math.max(2, tile), time, t);
  }

  /** Decoded values with their shape. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  private record Clip(float[] values, VideoShape shape) {}

  private Clip whole(float[] z, VideoShape s, double time, CancellationToken token) {
    Map<String, Tensor> inputs = new HashMap<>();
    inputs.put(
        "latent_sample",
        Tensor.floatsAs(decoder.inputs().get("latent_sample").type(), s.shape(s.batch()), z));
    if (takesTime()) {
      float[] times = new float[s.batch()];
      java.util.Arrays.fill(times, (float) time);
      inputs.put(
          "timestep",
          Tensor.floatsAs(decoder.inputs().get("timestep").type(), Shape.of(s.batch()), times));
    }
    try (Outputs out = decoder.run(inputs, Collections.singleton("sample"), token)) {
      Tensor sample = out.get("sample");
      Shape d = sample.shape();
      VideoShape shape =
          new VideoShape(
              (int) d.dim(0), (int) d.dim(1), (int) d.dim(2), (int) d.dim(3), (int) d.dim(4));
      return new Clip(sample.toFloats(), shape);
    } finally {
      for (Tensor tensor : inputs.values()) {
        tensor.close();
      }
    }
  }

  private List<PictureBatch> tiled(
      float[] z, VideoShape s, int tile, double time, CancellationToken token) {
    int stride = Math.max(1, (int) (tile * (1 - OVERLAP)));
    float[] weight = new float[s.height() * spatial * s.width() * spatial];
    float[] sum = new float[0];
    @Nullable VideoShape full = null;
    for (int y : starts(s.height(), tile, stride)) {
      for (int x : starts(s.width(), tile, stride)) {
        int h = Math.min(tile, s.height());
        int w = Math.min(tile, s.width());
        VideoShape part = new VideoShape(s.batch(), channels, s.frames(), h, w);
        Clip clip = whole(cut(z, s, part, y, x), part, time, token);
        if (full == null) {
          full =
              new VideoShape(
                  s.batch(),
                  clip.shape.channels(),
                  clip.shape.frames(),
                  s.height() * spatial,
                  s.width() * spatial);
          sum = new float[full.length()];
        }
        add(sum, weight, full, clip, y * spatial, x * spatial);
      }
    }
    for (int j = 0; j < sum.length; j++) {
      sum[j] /= weight[j % weight.length];
    }
    return pictures(sum, java.util.Objects.requireNonNull(full));
  }

  private static List<Integer> starts(int size, int tile, int stride) {
    List<Integer> out = new ArrayList<>();
    for (int at = 0; ; at += stride) {
      int from = Math.min(at, Math.max(0, size - tile));
      out.add(from);
      if (from + tile >= size) {
        return out;
      }
    }
  }

  private static float[] cut(float[] z, VideoShape s, VideoShape part, int y, int x) {
    float[] out = new float[part.length()];
    int planes = s.batch() * s.channels() * s.frames();
    for (int p = 0; p < planes; p++) {
      for (int r = 0; r < part.height(); r++) {
        int from = (p * s.height() + y + r) * s.width() + x;
        System.arraycopy(z, from, out, (p * part.height() + r) * part.width(), part.width());
      }
    }
    return out;
  }

  private static void add(float[] sum, float[] weight, VideoShape full, Clip clip, int y, int x) {
    int h = clip.shape.height();
    int w = clip.shape.width();
    int planes = full.batch() * full.channels() * full.frames();
    int area = full.height() * full.width();
    for (int r = 0; r < h; r++) {
      for (int q = 0; q < w; q++) {
        float wxy = ramp(r, h) * ramp(q, w);
        int at = (y + r) * full.width() + x + q;
        weight[at] += wxy;
        for (int p = 0; p < planes; p++) {
          sum[p * area + at] += wxy * clip.values[(p * h + r) * w + q];
        }
      }
    }
  }

  /** Rises from the edge over the overlap, then stays 1. */
  private static float ramp(int i, int n) {
    return (float) Math.min(1.0, Math.min(i + 1, n - i) / (OVERLAP * n));
  }

  /** clamp(x / 2 + 0.5, 0, 1). */
  private static List<PictureBatch> pictures(float[] x, VideoShape s) {
    for (int j = 0; j < x.length; j++) {
      x[j] = Math.max(0f, Math.min(1f, x[j] / 2 + 0.5f));
    }
    List<PictureBatch> out = new ArrayList<>();
    ImageFormat unit = new ImageFormat(s.channels(), s.height(), s.width(), 0, 1);
    for (PictureBatch frames : s.split(x)) {
      out.add(PictureBatch.of(s.frames(), s.height(), s.width(), unit, frames.toArray()));
    }
    return out;
  }

  @Override
  public void close() {
    decoder.close();
  }
}
