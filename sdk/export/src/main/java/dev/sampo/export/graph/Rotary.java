package dev.sampo.export.graph;

import dev.sampo.export.config.RotaryScaling;
import dev.sampo.onnx.Attr;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rotary embedding in a graph (Su et al. 2021, arXiv:2104.09864): the halves (x1, x2) of the rotated part of a head become {@code (x1 cos - x2
 * sin, x2 cos + x1 sin)}; what lies beyond {@link RotaryScaling#dims()} stays.
 *
 * <p>Three ways: within GroupQueryAttention, from tables of all positions (folded when the graph is loaded; only while they are small); the
 * RotaryEmbedding operator, fed with the angles of this run's positions; standard operators.
 */
final class Rotary {
  /** Most numbers of a table that is kept in memory for all positions. */
  private static final long MAX_TABLE = 1 << 20;

  private final Net net;
  private final RotaryScaling scaling;
  private final int headSize;
  private final int maxPositions;
  private final Positions positions;
  private @Nullable String cos;
  private @Nullable String sin;
  private @Nullable String flatPositions;

  /** Where a run's positions come from. */
  interface Positions {
    /** Positions [batch, sequence] of the ids of this run. */
    String ids();

    /** Length of the longest text, this run's ids included: an int64 scalar. */
    String longest();
  }

  Rotary(Net net, RotaryScaling scaling, int headSize, int maxPositions, Positions positions) {
    this.net = net;
    this.scaling = scaling;
    this.headSize = headSize;
    this.maxPositions = maxPositions;
    this.positions = positions;
  }

  /** Whether GroupQueryAttention can do it by itself. */
  boolean isInside() {
    return !net.plain()
        && scaling.isStatic()
        && headSize % 16 == 0
        && scaling.dims() % 16 == 0
        && maxPositions > 0
        && (long) maxPositions * scaling.dims() / 2 <= MAX_TABLE;
  }

  /** Cosines of all positions [positions, dims/2]; for {@link #isInside()}. */
  String cosTable() {
    if (cos == null) {
      String all = net.range(net.longScalar(0), net.longScalar(maxPositions));
      angles(net.unsqueeze(net.toFloat(all), 1), inverse());
    }
    return java.util.Objects.requireNonNull(cos);
  }

  /** Sines of all positions. */
  String sinTable() {
    cosTable();
    return java.util.Objects.requireNonNull(sin);
  }

  private void angles(String positionColumn, String frequencies) {
    String angles = net.mul(positionColumn, frequencies);
    cos = net.scale(net.op("Cos", angles), scaling.attentionFactor());
    sin = net.scale(net.op("Sin", angles), scaling.attentionFactor());
  }

  /** Frequencies [dims/2] for this run. */
  private String inverse() {
    long[] shape = {scaling.dims() / 2};
    RotaryScaling.Dynamic dynamic = scaling.dynamic();
    if (dynamic != null) {
      return dynamic(dynamic);
    }
    String fixed = net.floats(shape, scaling.frequencies());
    float[] beyond = scaling.longFrequencies();
    if (beyond == null) {
      return fixed;
    }
    String isLong =
        net.op("Greater", positions.longest(), net.longScalar(scaling.originalPositions()));
    return net.op("Where", isLong, net.floats(shape, beyond), fixed);
  }

  /** {@code base' = base (f L / P - (f - 1))^(d / (d - 2))}, L being the longest text or P, whichever is more. */
  private String dynamic(RotaryScaling.Dynamic dynamic) {
    int d = scaling.dims();
    double f = dynamic.factor();
    double p = dynamic.positions();
    String length =
        net.op("Max", net.toFloat(positions.longest()), net.scalar(dynamic.positions()));
    String stretch = net.sub(net.scale(length, f / p), net.scalar(f - 1));
    String base =
        net.mul(net.op("Pow", stretch, net.scalar(d / (d - 2.0))), net.scalar(dynamic.base()));
    float[] exponents = new float[d / 2];
    for (int i = 0; i < exponents.length; i++) {
      exponents[i] = -2f * i / d;
    }
    return net.op("Pow", base, net.floats(new long[] {d / 2}, exponents));
  }

  /** Rotates x [batch, sequence, heads * head size]. */
  String apply(String x, int heads) {
    return !net.plain() && headSize % 8 == 0 && scaling.dims() % 16 == 0
        ? applyOperator(x, heads)
        : applyStandard(x, heads);
  }

  private String applyOperator(String x, int heads) {
    if (cos == null) {
      // The angles of this run's positions are the table, and the k-th position is row k of it.
      angles(net.reshape(net.toFloat(positions.ids()), -1, 1), inverse());
      String shape = net.op("Shape", positions.ids());
      String count = net.op("ReduceProd", List.of(Attr.of("keepdims", 0)), shape);
      flatPositions = net.op("Reshape", net.range(net.longScalar(0), count), shape);
    }
    return net.microsoft(
            "RotaryEmbedding",
            List.of(
                Attr.of("num_heads", heads),
                Attr.of("rotary_embedding_dim", scaling.dims() == headSize ? 0 : scaling.dims())),
            List.of(
                x,
                java.util.Objects.requireNonNull(flatPositions),
                cos,
                java.util.Objects.requireNonNull(sin)),
            1)
        .get(0);
  }

  /** The same with standard operators. */
  String applyStandard(String x, int heads) {
    int half = scaling.dims() / 2;
    if (cos == null) {
      angles(net.unsqueeze(net.toFloat(positions.ids()), 2, 3), inverse());
    }
    String c = java.util.Objects.requireNonNull(cos);
    String s = java.util.Objects.requireNonNull(sin);
    String split = net.reshape(x, 0, 0, heads, headSize);
    List<String> parts =
        headSize == 2 * half
            ? net.split(split, 3, half, half)
            : net.split(split, 3, half, half, headSize - 2L * half);
    String first = net.sub(net.mul(parts.get(0), c), net.mul(parts.get(1), s));
    String second = net.add(net.mul(parts.get(1), c), net.mul(parts.get(0), s));
    String turned =
        parts.size() == 2
            ? net.concat(3, first, second)
            : net.concat(3, first, second, parts.get(2));
    return net.reshape(turned, 0, 0, (long) heads * headSize);
  }
}
