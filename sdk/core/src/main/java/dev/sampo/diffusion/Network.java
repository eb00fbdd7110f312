package dev.sampo.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.diffusion.architecture.Architecture;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Shape;

/**
 * The denoising graph of a model, UNet or Transformer, and how its sample is laid out: [batch, channels, height, width], or packed into
 * patches of 2x2 positions (Flux).
 */
final class Network implements AutoCloseable {
  private final Graph graph;
  private final boolean transformer;
  private final boolean packed;
  private final int channels;
  private final int outChannels;
  private final double timeScale;

  Network(Graph graph, boolean transformer, Architecture architecture, JsonNode config) {
    this.graph = graph;
    this.transformer = transformer;
    this.packed = architecture.isPacked();
    Shape in = graph.inputs().get(sampleName()).shape();
    int patch = packed ? 4 : 1;
    int declared = in.rank() == 4 && in.dim(1) > 0 ? (int) in.dim(1) : 0;
    this.channels = declared > 0 ? declared : config.path("in_channels").asInt(4 * patch) / patch;
    Shape out = graph.outputs().get(outputName()).shape();
    int declaredOut = out.rank() == 4 && out.dim(1) > 0 ? (int) out.dim(1) : 0;
    int configured = config.path("out_channels").asInt(0);
    this.outChannels =
        declaredOut > 0
            ? declaredOut
            : configured > 0 ? configured / (configured == channels * patch ? patch : 1) : channels;
    this.timeScale = architecture.timeScale();
  }

  Graph graph() {
    return graph;
  }

  boolean isTransformer() {
    return transformer;
  }

  boolean isPacked() {
    return packed;
  }

  String sampleName() {
    return transformer ? "hidden_states" : "sample";
  }

  String outputName() {
    if (graph.outputs().containsKey("out_sample")) {
      return "out_sample";
    }
    return transformer ? "out_hidden_states" : "out_sample";
  }

  /** Channels of the sample input; for an inpainting UNet with the mask and the masked picture. */
  int channels() {
    return channels;
  }

  int outChannels() {
    return outChannels;
  }

  double timeScale() {
    return timeScale;
  }

  boolean takes(String input) {
    return graph.inputs().containsKey(input);
  }

  Shape sampleShape(int batch, int c, int height, int width) {
    return packed
        ? Shape.of(batch, (long) (height / 2) * (width / 2), 4L * c)
        : Shape.of(batch, c, height, width);
  }

  /** [batch, c, h, w] to [batch, (h/2)(w/2), 4c]: each patch holds its four positions channel by channel. */
  void pack(float[] x, float[] out, int batch, int c, int h, int w) {
    int to = 0;
    for (int b = 0; b < batch; b++) {
      for (int py = 0; py < h; py += 2) {
        for (int px = 0; px < w; px += 2) {
          for (int k = 0; k < c; k++) {
            int at = ((b * c + k) * h + py) * w + px;
            out[to++] = x[at];
            out[to++] = x[at + 1];
            out[to++] = x[at + w];
            out[to++] = x[at + w + 1];
          }
        }
      }
    }
  }

  /** The way back from {@link #pack}. */
  void unpack(float[] from, float[] x, int batch, int c, int h, int w) {
    int at = 0;
    for (int b = 0; b < batch; b++) {
      for (int py = 0; py < h; py += 2) {
        for (int px = 0; px < w; px += 2) {
          for (int k = 0; k < c; k++) {
            int to = ((b * c + k) * h + py) * w + px;
            x[to] = from[at++];
            x[to + 1] = from[at++];
            x[to + w] = from[at++];
            x[to + w + 1] = from[at++];
          }
        }
      }
    }
  }

  @Override
  public void close() {
    graph.close();
  }
}
