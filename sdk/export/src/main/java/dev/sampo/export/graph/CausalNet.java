package dev.sampo.export.graph;

import dev.sampo.export.config.RotaryScaling;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all decoder-only graphs have in common: ids, mask, caches, attention to what came before, scores.
 *
 * <p>The fast form attends with GroupQueryAttention, whose caches may stay in place: rows are padded on the right, {@code attention_mask}
 * [batch, total] has a 1 for each token of a row so far, positions follow from it, and {@code num_logits_to_keep} says of how many of the last
 * positions scores are wanted. The plain form takes {@code position_ids}, any padding, and gives the scores of all positions.
 */
public final class CausalNet implements Rotary.Positions {
  private static final String BATCH = "batch_size";
  private static final String SEQUENCE = "sequence_length";
  private static final String TOTAL = "total_sequence_length";
  private static final String PAST = "past_sequence_length";
  private static final float LOWEST = -3.4028235e38f;

  private final Net net;
  private final String ids;
  private final String mask;
  private final @Nullable String keep;
  private final int maxPositions;
  private final boolean grouped;
  private final Map<Integer, String> biases = new HashMap<>();
  private final Map<String, String> once = new HashMap<>();
  private @Nullable String positions;

  /**
   * @param maxPositions longest text that the model takes
   * @param headSize size of a head; GroupQueryAttention takes multiples of 8 only
   */
  public CausalNet(Net net, int maxPositions, int headSize) {
    this.net = net;
    this.maxPositions = maxPositions;
    this.grouped = !net.plain() && headSize % 8 == 0;
    ids = net.longInput("input_ids", BATCH, SEQUENCE);
    mask = net.longInput("attention_mask", BATCH, TOTAL);
    keep = net.plain() ? null : net.longInput("num_logits_to_keep");
    if (!grouped) {
      positions = net.longInput("position_ids", BATCH, SEQUENCE);
    }
  }

  /** The ids of this run [batch, sequence]. */
  public String inputIds() {
    return ids;
  }

  // ---- positions

  private String once(String what, java.util.function.Supplier<String> made) {
    String known = once.get(what);
    if (known == null) {
      known = made.get();
      once.put(what, known);
    }
    return known;
  }

  private String sequence() {
    return once("sequence", () -> net.dim(ids, 1));
  }

  private String total() {
    return once("total", () -> net.dim(mask, 1));
  }

  /** Tokens of each row so far [batch, 1]. */
  private String lengths() {
    return once(
        "lengths", () -> net.op("ReduceSum", List.of(Attr.of("keepdims", 1)), mask, net.longs(1)));
  }

  @Override
  public String ids() {
    String known = positions;
    if (known == null) {
      // A prompt begins at 0 in each row; later ids follow what the row has.
      String isPrompt = net.op("Equal", sequence(), total());
      String start = net.op("Where", isPrompt, net.longScalar(0), net.sub(lengths(), sequence()));
      known = net.add(start, net.unsqueeze(net.range(net.longScalar(0), sequence()), 0));
      positions = known;
    }
    return known;
  }

  @Override
  public String longest() {
    return once(
        "longest",
        () ->
            grouped
                ? total()
                : net.add(
                    net.op("ReduceMax", List.of(Attr.of("keepdims", 0)), ids()),
                    net.longScalar(1)));
  }

  /** A rotary embedding for heads of a size. */
  public RotaryEmbedding rotary(RotaryScaling scaling, int headSize) {
    return new RotaryEmbedding(new Rotary(net, scaling, headSize, maxPositions, this));
  }

  /** A rotary embedding of this graph, shared by the layers that turn alike. */
  public static final class RotaryEmbedding {
    private final Rotary rotary;

    RotaryEmbedding(Rotary rotary) {
      this.rotary = rotary;
    }
  }

  // ---- attention

  /**
   * Causal attention with a cache.
   *
   * @param layer number of the layer, from 0
   * @param q queries [batch, sequence, heads * head size]
   * @param k keys [batch, sequence, key-value heads * head size], before rotation
   * @param v values, like {@code k}
   * @param rotary null where positions come in otherwise
   * @return [batch, sequence, heads * head size]
   */
  public String attention(
      int layer, Attention a, String q, String k, String v, @Nullable RotaryEmbedding rotary) {
    return attention(layer, a, q, k, v, rotary, null);
  }

  /**
   * Like the other, with something added to the scores.
   *
   * @param slopes of ALiBi (Press et al. 2021, arXiv:2108.12409): bias [1 or batch, heads, 1, total], already scaled
   */
  public String attention(
      int layer,
      Attention a,
      String q,
      String k,
      String v,
      @Nullable RotaryEmbedding rotary,
      @Nullable String slopes) {
    String pastKey = cache(layer, a, "key");
    String pastValue = cache(layer, a, "value");
    boolean inside = grouped && rotary != null && rotary.rotary.isInside();
    String query = rotary == null || inside ? q : rotary.rotary.apply(q, a.heads());
    String key = rotary == null || inside ? k : rotary.rotary.apply(k, a.kvHeads());
    if (grouped) {
      return grouped(layer, a, query, key, v, pastKey, pastValue, inside ? rotary : null, slopes);
    }
    return standard(layer, a, query, key, v, pastKey, pastValue, slopes);
  }

  private String cache(int layer, Attention a, String what) {
    net.declareOutput("present." + layer + "." + what, BATCH, a.kvHeads(), TOTAL, a.headSize());
    return net.floatInput(
        "past_key_values." + layer + "." + what, BATCH, a.kvHeads(), PAST, a.headSize());
  }

  private String grouped(
      int layer,
      Attention a,
      String q,
      String k,
      String v,
      String pastKey,
      String pastValue,
      @Nullable RotaryEmbedding inside,
      @Nullable String slopes) {
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attr.of("num_heads", a.heads()));
    attributes.add(Attr.of("kv_num_heads", a.kvHeads()));
    attributes.add(Attr.of("scale", (float) a.scale()));
    if (a.window() > 0) {
      attributes.add(Attr.of("local_window_size", a.window()));
    }
    if (a.softCap() > 0) {
      attributes.add(Attr.of("softcap", (float) a.softCap()));
    }
    List<String> in = new ArrayList<>(List.of(q, k, v, pastKey, pastValue, seqlens(), total32()));
    if (inside != null) {
      attributes.add(Attr.of("do_rotary", 1));
      in.add(inside.rotary.cosTable());
      in.add(inside.rotary.sinTable());
    }
    if (slopes != null) {
      while (in.size() < 10) {
        in.add("");
      }
      in.add(once("slopes", () -> everyRow(slopes)));
    }
    String out = net.fresh("attention");
    net.microsoft(
        "GroupQueryAttention",
        attributes,
        in,
        List.of(out, "present." + layer + ".key", "present." + layer + ".value"));
    return out;
  }

  /** The operator wants a bias for each query: [.., heads, sequence, total]. */
  private String everyRow(String bias) {
    String one = net.longs(1);
    String shape = net.concat(0, one, one, net.unsqueeze(sequence(), 0), one);
    return net.op("Expand", bias, shape);
  }

  /** Number of tokens of each row less 1, int32 [batch]. */
  private String seqlens() {
    return once(
        "seqlens",
        () ->
            net.cast(
                net.sub(net.op("Squeeze", lengths(), net.longs(1)), net.longScalar(1)),
                TensorProto.DataType.INT32));
  }

  private String total32() {
    return once("total32", () -> net.cast(total(), TensorProto.DataType.INT32));
  }

  private String standard(
      int layer,
      Attention a,
      String q,
      String k,
      String v,
      String pastKey,
      String pastValue,
      @Nullable String slopes) {
    String key = grown(layer, a, "key", k, pastKey);
    String value = grown(layer, a, "value", v, pastValue);
    boolean shared = a.kvHeads() < a.heads();
    long group = a.heads() / a.kvHeads();
    String query;
    String bias = bias(a.window());
    if (slopes != null) {
      bias = net.add(bias, slopes);
    }
    if (shared) {
      // Heads of a group meet one key head by broadcasting: [batch, kv heads, group, sequence,
      // size].
      query = net.transpose(net.reshape(q, 0, 0, a.kvHeads(), group, a.headSize()), 0, 2, 3, 1, 4);
      key = net.unsqueeze(key, 2);
      value = net.unsqueeze(value, 2);
      bias = slopes == null ? net.unsqueeze(bias, 2) : byGroup(a, bias);
    } else {
      query = net.transpose(net.reshape(q, 0, 0, a.heads(), a.headSize()), 0, 2, 1, 3);
    }
    String turned = shared ? net.transpose(key, 0, 1, 2, 4, 3) : net.transpose(key, 0, 1, 3, 2);
    String scores = net.scale(net.matMul(query, turned), a.scale());
    scores = net.add(net.softCap(scores, a.softCap()), bias);
    String mixed = net.matMul(net.op("Softmax", List.of(Attr.of("axis", -1)), scores), value);
    String rows = shared ? net.transpose(mixed, 0, 3, 1, 2, 4) : net.transpose(mixed, 0, 2, 1, 3);
    return net.reshape(rows, 0, 0, a.width());
  }

  /** A bias of all heads [batch, heads, sequence, total] by key-value head and group. */
  private String byGroup(Attention a, String bias) {
    String shape =
        net.concat(
            0,
            net.longs(0, a.kvHeads(), a.heads() / a.kvHeads()),
            net.unsqueeze(sequence(), 0),
            net.unsqueeze(total(), 0));
    return net.op("Reshape", bias, shape);
  }

  private String grown(int layer, Attention a, String what, String fresh, String past) {
    String heads = net.transpose(net.reshape(fresh, 0, 0, a.kvHeads(), a.headSize()), 0, 2, 1, 3);
    return net.named(
        "present." + layer + "." + what, "Concat", List.of(Attr.of("axis", 2)), past, heads);
  }

  /** 0 where a position may be attended to, else the lowest float: [batch, 1, sequence, total]. */
  private String bias(int window) {
    String known = biases.get(window);
    if (known != null) {
      return known;
    }
    String query =
        once("query", () -> net.unsqueeze(net.range(net.sub(total(), sequence()), total()), 1));
    String key = once("key", () -> net.unsqueeze(net.range(net.longScalar(0), total()), 0));
    String seen = once("causal", () -> net.op("LessOrEqual", key, query));
    if (window > 0) {
      String near = net.op("Greater", key, net.sub(query, net.longScalar(window)));
      seen = net.op("And", seen, near);
    }
    String real =
        once("real", () -> net.unsqueeze(net.cast(mask, TensorProto.DataType.BOOL), 1, 2));
    String bias = net.op("Where", net.op("And", seen, real), net.scalar(0), net.scalar(LOWEST));
    biases.put(window, bias);
    return bias;
  }

  /** Numbers of the tokens within their rows [batch, total], 0 where there is none. */
  public String keyPositions() {
    return once(
        "keyPositions",
        () -> net.mul(net.sub(net.op("CumSum", mask, net.longScalar(1)), net.longScalar(1)), mask));
  }

  // ---- scores

  /** The hidden states whose scores are wanted: all, or those of the last {@code num_logits_to_keep} positions. */
  public String wanted(String hidden) {
    if (keep == null) {
      return hidden;
    }
    String start = net.op("Neg", net.reshape(keep, 1));
    return net.op("Slice", net.settled(hidden), start, net.longs(Long.MAX_VALUE), net.longs(1));
  }

  /**
   * The scores of the wanted positions, as a product with the head's table [vocabulary, hidden size].
   *
   * @param hidden hidden states after the last norm
   * @param embedding table of the embeddings, which is the head's too where the file has no other
   * @param head table of the head
   */
  public String scores(String hidden, String embedding, String head, int vocabulary, int width) {
    String table = headTable(net, embedding, head);
    return net.timesTransposed(wanted(hidden), net.headWeight(table, head, vocabulary, width));
  }

  /** The head's own table where the file has one; else, if config.json says that they are tied, that of the embeddings. */
  public static String headTable(Net net, String embedding, String head) {
    boolean tied = net.config().flag("tie_word_embeddings", true);
    return net.has(head) || !tied ? head : embedding;
  }

  /** Makes scores [batch, kept, vocabulary] the output {@code logits}. */
  public void logits(String scores, int vocabulary) {
    net.output(scores, "logits", BATCH, net.plain() ? SEQUENCE : "kept_length", vocabulary);
  }
}
