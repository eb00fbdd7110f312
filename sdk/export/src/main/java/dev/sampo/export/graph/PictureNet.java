package dev.sampo.export.graph;

import dev.sampo.onnx.Attr;
import java.util.List;

/** A tower over pictures: {@code pixel_values} [batch, channels, size, size], cut into patches, attention without a mask. */
public final class PictureNet {
  private static final String BATCH = "batch";

  private final Net net;
  private final String pixels;
  private final int channels;
  private final int patch;
  private final int patches;

  public PictureNet(Net net, int channels, int size, int patch) {
    this.net = net;
    this.channels = channels;
    this.patch = patch;
    this.patches = (size / patch) * (size / patch);
    pixels = net.floatInput("pixel_values", BATCH, channels, size, size);
  }

  /** Number of patches. */
  public int patches() {
    return patches;
  }

  /** The patches [batch, patches, width]: a convolution whose steps are as wide as its kernel. */
  public String patches(String prefix, int width, boolean bias) {
    String weight = net.weight(prefix + ".weight", width, channels, patch, patch);
    List<dev.sampo.onnx.proto.AttributeProto> step =
        List.of(Attr.ints("kernel_shape", patch, patch), Attr.ints("strides", patch, patch));
    String map =
        bias
            ? net.op("Conv", step, pixels, weight, net.weight(prefix + ".bias", width))
            : net.op("Conv", step, pixels, weight);
    return net.transpose(net.reshape(map, 0, 0, -1), 0, 2, 1);
  }

  /** A learned row for each picture [batch, 1, width]. */
  public String forEach(String weight, int width, long... stored) {
    String row = net.reshape(net.weight(weight, stored), 1, 1, width);
    String count = net.unsqueeze(net.dim(pixels, 0), 0);
    return net.op("Expand", row, net.concat(0, count, net.longs(1, width)));
  }

  /** Attention in both directions. */
  public String attention(Attention a, String q, String k, String v) {
    return net.plain()
        ? Attend.run(net, a, q, Attend.heads(net, k, a), Attend.heads(net, v, a), null)
        : Attend.fused(net, a, q, k, v, null);
  }

  /** Makes a vector a picture an output. */
  public void vector(String x, String name, int size) {
    net.output(x, name, BATCH, size);
  }

  /** Makes the hidden states the output {@code last_hidden_state}. */
  public void hidden(String x, int positions, int size) {
    net.output(x, "last_hidden_state", BATCH, positions, size);
  }
}
