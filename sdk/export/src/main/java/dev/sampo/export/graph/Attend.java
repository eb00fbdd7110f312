package dev.sampo.export.graph;

import dev.sampo.onnx.Attr;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Attention without a cache of its own (Vaswani et al. 2017, arXiv:1706.03762): {@code softmax(q k^T scale + bias) v}. */
final class Attend {
  /** What is added to a score to rule it out. */
  static final float LOWEST = -3.4028235e38f;

  private Attend() {}

  /** [batch, sequence, heads * size] as [batch, heads, sequence, size]. */
  static String heads(Net net, String x, Attention a) {
    return net.transpose(net.reshape(x, 0, 0, a.heads(), a.headSize()), 0, 2, 1, 3);
  }

  /**
   * Attention of all heads.
   *
   * @param q queries [batch, sequence, heads * size]
   * @param k keys [batch, heads, length, size]
   * @param v values, like {@code k}
   * @param bias what is added to the scores, or null
   * @return [batch, sequence, heads * size]
   */
  static String run(Net net, Attention a, String q, String k, String v, @Nullable String bias) {
    String query = net.scale(heads(net, q, a), a.scale());
    String scores = net.matMul(query, net.transpose(k, 0, 1, 3, 2));
    if (bias != null) {
      scores = net.add(scores, bias);
    }
    String mixed = net.matMul(net.op("Softmax", List.of(Attr.of("axis", -1)), scores), v);
    return net.reshape(net.transpose(mixed, 0, 2, 1, 3), 0, 0, a.width());
  }

  /** The same without caches or a bias of positions, as one operator of ONNX Runtime's; {@code mask} [batch, length] or null. */
  static String fused(Net net, Attention a, String q, String k, String v, @Nullable String mask) {
    return net.microsoft(
            "MultiHeadAttention",
            List.of(Attr.of("num_heads", a.heads()), Attr.of("scale", (float) a.scale())),
            mask == null ? List.of(q, k, v) : List.of(q, k, v, "", mask),
            1)
        .get(0);
  }
}
