package dev.sampo.export.graph;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.proto.TensorProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the decoders of encoder-decoders have in common, in Optimum's two graphs: the one of the first step reads {@code encoder_hidden_states}
 * and gives all caches, the one of later steps takes them ({@code past_key_values.N.decoder|encoder.key|value}) and gives the decoder's.
 */
public final class DecoderNet {
  private static final String BATCH = "batch_size";
  private static final String SEQUENCE = "decoder_sequence_length";
  private static final String SOURCE = "encoder_sequence_length";
  private static final String PAST = "past_decoder_sequence_length";

  private final Net net;
  private final boolean later;
  private final String ids;
  private final @Nullable String mask;
  private final @Nullable String encoded;
  private final Map<String, String> once = new HashMap<>();
  private @Nullable String firstPast;

  /**
   * @param later whether this is the graph of later steps
   * @param masked whether the source may have padding
   * @param width size of the encoder's hidden states
   */
  public DecoderNet(Net net, boolean later, boolean masked, int width) {
    this.net = net;
    this.later = later;
    mask = masked ? net.longInput("encoder_attention_mask", BATCH, SOURCE) : null;
    ids = net.longInput("input_ids", BATCH, SEQUENCE);
    encoded = later ? null : net.floatInput("encoder_hidden_states", BATCH, SOURCE, width);
  }

  public Net net() {
    return net;
  }

  public String inputIds() {
    return ids;
  }

  private String once(String what, Supplier<String> made) {
    String known = once.get(what);
    if (known == null) {
      known = made.get();
      once.put(what, known);
    }
    return known;
  }

  /** Declares the caches of a layer; to be called for each before anything else. */
  public void caches(int layers, Attention a) {
    if (!later) {
      return;
    }
    for (int i = 0; i < layers; i++) {
      for (String what : List.of("key", "value")) {
        String own = pastName(i, "decoder." + what);
        net.floatInput(own, BATCH, a.heads(), PAST, a.headSize());
        net.floatInput(pastName(i, "encoder." + what), BATCH, a.heads(), SOURCE, a.headSize());
        firstPast = firstPast == null ? own : firstPast;
      }
    }
  }

  private static String pastName(int layer, String what) {
    return "past_key_values." + layer + "." + what;
  }

  /** Number of ids before this run: an int64 scalar. */
  private String before() {
    return once("before", () -> firstPast == null ? net.longScalar(0) : net.dim(firstPast, 2));
  }

  private String total() {
    return once("total", () -> net.add(before(), net.dim(ids, 1)));
  }

  /** Positions of this run's ids [sequence]. */
  public String positions() {
    return once("positions", () -> net.range(before(), total()));
  }

  /** Positions of all ids so far [past + sequence]. */
  public String allPositions() {
    return once("all", () -> net.range(net.longScalar(0), total()));
  }

  /**
   * Causal attention with a cache.
   *
   * @param more bias of positions [1, heads, sequence, total], or null
   */
  public String selfAttention(
      int layer, Attention a, String q, String k, String v, @Nullable String more) {
    String key = grown(layer, a, "key", k);
    String value = grown(layer, a, "value", v);
    String bias = more == null ? causal() : net.add(causal(), more);
    return Attend.run(net, a, q, key, value, bias);
  }

  private String grown(int layer, Attention a, String what, String fresh) {
    String name = "present." + layer + ".decoder." + what;
    net.declareOutput(name, BATCH, a.heads(), "total_decoder_sequence_length", a.headSize());
    String heads = net.reshape(fresh, 0, 0, a.heads(), a.headSize());
    List<dev.sampo.onnx.proto.AttributeProto> swap = List.of(Attr.ints("perm", 0, 2, 1, 3));
    if (!later) {
      return net.named(name, "Transpose", swap, heads);
    }
    return net.named(
        name,
        "Concat",
        List.of(Attr.of("axis", 2)),
        pastName(layer, "decoder." + what),
        net.op("Transpose", swap, heads));
  }

  private String causal() {
    return once(
        "causal",
        () -> {
          String seen =
              net.op(
                  "LessOrEqual", net.unsqueeze(allPositions(), 0), net.unsqueeze(positions(), 1));
          return net.op("Where", seen, net.scalar(0), net.scalar(Attend.LOWEST));
        });
  }

  /** A projection of the encoder's hidden states. */
  @FunctionalInterface
  public interface Projection {
    String of(String encoded);
  }

  /** Attention to the source; its keys and values are computed once. */
  public String crossAttention(
      int layer, Attention a, String q, Projection keys, Projection values) {
    String key = source(layer, a, "key", keys);
    String value = source(layer, a, "value", values);
    return Attend.run(net, a, q, key, value, sourceBias());
  }

  private String source(int layer, Attention a, String what, Projection projection) {
    if (later) {
      return pastName(layer, "encoder." + what);
    }
    String name = "present." + layer + ".encoder." + what;
    net.declareOutput(name, BATCH, a.heads(), SOURCE, a.headSize());
    String projected = projection.of(java.util.Objects.requireNonNull(encoded));
    return net.named(
        name,
        "Transpose",
        List.of(Attr.ints("perm", 0, 2, 1, 3)),
        net.reshape(projected, 0, 0, a.heads(), a.headSize()));
  }

  private @Nullable String sourceBias() {
    String given = mask;
    return given == null
        ? null
        : once(
            "source",
            () -> {
              String real = net.cast(given, TensorProto.DataType.BOOL);
              String bias = net.op("Where", real, net.scalar(0), net.scalar(Attend.LOWEST));
              return net.unsqueeze(bias, 1, 2);
            });
  }

  /** Makes scores the output. */
  public void logits(String scores, int vocabulary) {
    net.output(scores, "logits", BATCH, SEQUENCE, vocabulary);
  }
}
