package dev.sampo.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Sizes;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import dev.sampo.samplers.random.NoiseSource;
import java.nio.file.Path;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * The variational autoencoder of a latent model: pictures in -1..1 to latents and back. Latents are multiplied by {@code scaling_factor}
 * after encoding (and shifted by {@code shift_factor} before), and taken back before decoding; with {@code latents_mean} and {@code
 * latents_std} each channel goes by its own mean and by scaling_factor / std. Rombach et al. 2021, arXiv:2112.10752.
 */
final class PictureCoder implements AutoCloseable {
  /** Part of a tile that the next one covers too. */
  private static final double OVERLAP = 0.25;

  private final Path folder;
  private final Graph decoder;
  private final @Nullable Graph encoder;
  private final int factor;
  private final int latentChannels;

  /** A latent is the encoder's value less its channel's mean, times its channel's scale. */
  private final double[] means;

  private final double[] scales;

  PictureCoder(Path folder, Graph decoder, @Nullable Graph encoder, JsonNode config) {
    this.folder = folder;
    this.decoder = decoder;
    this.encoder = encoder;
    int blocks = Math.min(16, config.path("block_out_channels").size());
    this.factor = blocks > 0 ? 1 << (blocks - 1) : 8;
    this.latentChannels = Sizes.stated(config, folder, "latent_channels", 4, Sizes.MOST_CHANNELS);
    double scaling = config.path("scaling_factor").asDouble(0.18215);
    JsonNode mean = config.path("latents_mean");
    JsonNode std = config.path("latents_std");
    boolean measured = mean.isArray() && std.isArray();
    this.means = new double[latentChannels];
    this.scales = new double[latentChannels];
    for (int c = 0; c < latentChannels; c++) {
      means[c] = measured ? value(mean, c) : config.path("shift_factor").asDouble(0.0);
      scales[c] = measured ? scaling / value(std, c) : scaling;
    }
  }

  private double value(JsonNode list, int channel) {
    if (list.size() != latentChannels || !list.get(channel).isNumber()) {
      throw new ModelException(
          folder,
          "latents_mean and latents_std of the VAE's config.json hold "
              + list
              + ", wanted "
              + latentChannels
              + " numbers, one for each latent channel.");
    }
    return list.get(channel).asDouble();
  }

  /** Pixels of a latent position, in each direction. */
  int factor() {
    return factor;
  }

  int latentChannels() {
    return latentChannels;
  }

  /**
   * A draw from the posterior of pictures, scaled.
   *
   * @param x [batch, 3, height, width] in -1..1
   */
  PictureBatch encode(
      float[] x, int batch, int heightPx, int widthPx, NoiseSource noise, CancellationToken token) {
    Graph graph = encoder;
    if (graph == null) {
      throw new RequestException(
          "image",
          "This model has no vae_encoder/model.onnx, so it cannot start from a picture. Export it"
              + " with the encoder.");
    }
    TensorInfo in = graph.inputs().get("sample");
    int channels = x.length / batch / heightPx / widthPx;
    String name =
        graph.outputs().containsKey("latent_parameters") ? "latent_parameters" : "latent_sample";
    try (Tensor sample =
            Tensor.floatsAs(in.type(), Shape.of(batch, channels, heightPx, widthPx), x);
        Outputs out =
            graph.run(
                Collections.singletonMap("sample", sample), Collections.singleton(name), token)) {
      Tensor parameters = out.get(name);
      int h = (int) parameters.shape().dim(2);
      int w = (int) parameters.shape().dim(3);
      int n = latentChannels * h * w;
      float[] p = parameters.toFloats();
      float[] z = new float[batch * n];
      if (p.length == 2 * z.length) {
        noise.randn(z);
        drawPosterior(p, z, batch, n);
      } else {
        System.arraycopy(p, 0, z, 0, z.length);
      }
      int plane = h * w;
      for (int j = 0; j < z.length; j++) {
        int c = j / plane % latentChannels;
        z[j] = (float) (scales[c] * (z[j] - means[c]));
      }
      return PictureBatch.of(batch, latentChannels, h, w, z);
    }
  }

  /** mean + exp(0.5 clamp(logvar, -30, 20)) z. */
  private static void drawPosterior(float[] p, float[] z, int batch, int n) {
    for (int b = 0; b < batch; b++) {
      for (int j = 0; j < n; j++) {
        float mean = p[2 * b * n + j];
        double logVariance = Math.max(-30, Math.min(20, p[(2 * b + 1) * n + j]));
        z[b * n + j] = (float) (mean + Math.exp(0.5 * logVariance) * z[b * n + j]);
      }
    }
  }

  /** Pictures [batch, 3, height, width] in about -1..1; in tiles of {@code tilePx} if that is positive and smaller. */
  PictureBatch decode(PictureBatch latents, int tilePx, CancellationToken token) {
    float[] z = latents.toArray();
    int plane = latents.heightPx() * latents.widthPx();
    for (int j = 0; j < z.length; j++) {
      int c = j / plane % latentChannels;
      z[j] = (float) (z[j] / scales[c] + means[c]);
    }
    int tile = Math.max(0, tilePx / factor);
    if (tile == 0 || (latents.heightPx() <= tile && latents.widthPx() <= tile)) {
      return decodeWhole(z, latents.count(), latents.heightPx(), latents.widthPx(), token);
    }
    return decodeTiled(z, latents, Math.max(2, tile), token);
  }

  private PictureBatch decodeWhole(float[] z, int batch, int h, int w, CancellationToken token) {
    TensorInfo in = decoder.inputs().get("latent_sample");
    try (Tensor latent = Tensor.floatsAs(in.type(), Shape.of(batch, latentChannels, h, w), z);
        Outputs out =
            decoder.run(
                Collections.singletonMap("latent_sample", latent),
                Collections.singleton("sample"),
                token)) {
      Tensor sample = out.get("sample");
      Shape shape = sample.shape();
      return PictureBatch.of(
          batch, (int) shape.dim(1), (int) shape.dim(2), (int) shape.dim(3), sample.toFloats());
    }
  }

  /** Overlapping tiles, faded into each other linearly. */
  private PictureBatch decodeTiled(
      float[] z, PictureBatch latents, int tile, CancellationToken token) {
    int h = latents.heightPx();
    int w = latents.widthPx();
    int stride = Math.max(1, (int) (tile * (1 - OVERLAP)));
    int batch = latents.count();
    float[] sum = new float[0];
    float[] weight = new float[h * factor * w * factor];
    int channels = 0;
    for (int y0 = 0; ; y0 += stride) {
      int y = Math.min(y0, Math.max(0, h - tile));
      int th = Math.min(tile, h);
      for (int x0 = 0; ; x0 += stride) {
        int x = Math.min(x0, Math.max(0, w - tile));
        int tw = Math.min(tile, w);
        float[] part = cut(z, batch, h, w, y, x, th, tw);
        PictureBatch decoded = decodeWhole(part, batch, th, tw, token);
        channels = decoded.channels();
        if (sum.length == 0) {
          sum = new float[batch * channels * h * factor * w * factor];
        }
        add(sum, weight, decoded, h * factor, w * factor, y * factor, x * factor);
        if (x + tw >= w) {
          break;
        }
      }
      if (y + th >= h) {
        break;
      }
    }
    int plane = weight.length;
    for (int j = 0; j < sum.length; j++) {
      sum[j] /= weight[j % plane];
    }
    return PictureBatch.of(batch, channels, h * factor, w * factor, sum);
  }

  private float[] cut(float[] z, int batch, int h, int w, int y, int x, int th, int tw) {
    int planes = batch * latentChannels;
    float[] part = new float[planes * th * tw];
    for (int p = 0; p < planes; p++) {
      for (int r = 0; r < th; r++) {
        System.arraycopy(z, (p * h + y + r) * w + x, part, (p * th + r) * tw, tw);
      }
    }
    return part;
  }

  private static void add(
      float[] sum, float[] weight, PictureBatch tile, int h, int w, int y, int x) {
    float[] values = tile.toArray();
    int th = tile.heightPx();
    int tw = tile.widthPx();
    int planes = tile.count() * tile.channels();
    for (int r = 0; r < th; r++) {
      float wy = ramp(r, th);
      for (int q = 0; q < tw; q++) {
        float wxy = wy * ramp(q, tw);
        int at = (y + r) * w + x + q;
        weight[at] += wxy;
        for (int p = 0; p < planes; p++) {
          sum[p * h * w + at] += wxy * values[(p * th + r) * tw + q];
        }
      }
    }
  }

  /** Rises from the edge over the overlap, then stays 1. */
  private static float ramp(int i, int n) {
    int edge = Math.min(i + 1, n - i);
    return (float) Math.min(1.0, edge / (OVERLAP * n));
  }

  @Override
  public void close() {
    decoder.close();
    if (encoder != null) {
      encoder.close();
    }
  }
}
