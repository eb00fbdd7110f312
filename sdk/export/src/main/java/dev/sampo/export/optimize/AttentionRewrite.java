package dev.sampo.export.optimize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges the attentions of a decoder for GroupQueryAttention, all of them or none: with it rows are padded on the right and caches may stay in
 * place, which the graph as a whole has to allow.
 */
final class AttentionRewrite {
  private static final int PROBED = 8192;
  private static final int MAX_TABLE = 1 << 24;

  private final GraphView view;
  private final GraphBuilder g;
  private final int maxPositions;
  private final int configHeads;
  private final List<String> left = new ArrayList<>();
  private final Map<String, String> tableNames = new HashMap<>();
  private int window;
  private int attentions;
  private int rotaries;

  AttentionRewrite(GraphView view, JsonNode config) {
    this.view = view;
    this.g = view.graph();
    maxPositions =
        config
            .path("max_position_embeddings")
            .asInt(
                config
                    .path("n_positions")
                    .asInt(config.path("text_config").path("max_position_embeddings").asInt(2048)));
    JsonNode text = config.path("text_config");
    configHeads =
        config
            .path("num_attention_heads")
            .asInt(config.path("n_head").asInt(text.path("num_attention_heads").asInt(0)));
  }

  int attentions() {
    return attentions;
  }

  /** Most positions that the model takes. */
  int maxPositions() {
    return maxPositions;
  }

  /** The narrowest window of its attentions, 0 for none. */
  int window() {
    return window;
  }

  int rotaries() {
    return rotaries;
  }

  /** What was left and why. */
  List<String> left() {
    return left;
  }

  /** One layer that is to be exchanged. */
  private record Layer(
      Attended found, int window, long heads, long kvHeads, long size, Pair key, Pair value) {}

  /** Past and present of a block. */
  private record Pair(String past, String present, NodeProto grown) {}

  /** Rewrites the graph; false, and nothing done, where it cannot be. */
  boolean run() throws IOException {
    List<String> pasts = pasts();
    if (pasts.isEmpty()) {
      return leave("the graph has no past_key_values of [batch, heads, length, size]");
    }
    if (!g.inputs().containsKey("attention_mask")) {
      return leave("the graph has no attention_mask");
    }
    for (String past : pasts) {
      if (elementType(past) != TensorProto.DataType.FLOAT_VALUE) {
        return leave("'" + past + "' is not of float32");
      }
    }
    Slices slices = new Slices(view);
    List<Attended> found = new AttentionFinder(view, slices).find();
    List<Layer> layers = new ArrayList<>();
    Set<String> covered = new HashSet<>();
    MaskProbe masks = new MaskProbe(slices, Math.min(maxPositions, PROBED));
    for (Attended one : found) {
      Layer layer = layer(one, masks);
      if (layer == null) {
        return false;
      }
      layers.add(layer);
      covered.add(layer.key().past());
      covered.add(layer.value().past());
    }
    for (String past : pasts) {
      if (!covered.contains(past)) {
        return leave(
            "the attention that takes '" + past + "' is written in a way that is not known");
      }
    }
    write(layers, new RotaryFinder(view, slices, maxPositions));
    return true;
  }

  private boolean leave(String reason) {
    left.add("attention: " + reason);
    return false;
  }

  private int elementType(String input) {
    return java.util.Objects.requireNonNull(g.inputs().get(input))
        .getType()
        .getTensorType()
        .getElemType();
  }

  private List<String> pasts() {
    List<String> names = new ArrayList<>();
    for (ValueInfoProto input : g.inputs().values()) {
      var type = input.getType().getTensorType();
      if (input.getName().startsWith("past") && type.getShape().getDimCount() == 4) {
        names.add(input.getName());
      }
    }
    return names;
  }

  private @Nullable Layer layer(Attended one, MaskProbe masks) throws IOException {
    Pair key = pair(one.key());
    Pair value = pair(one.value());
    if (key == null || value == null) {
      leave("the cache of '" + one.mixed().getName() + "' is not given back as it grows");
      return null;
    }
    var info =
        java.util.Objects.requireNonNull(g.inputs().get(key.past())).getType().getTensorType();
    long kvHeads = info.getShape().getDim(1).getDimValue();
    long size = info.getShape().getDim(3).getDimValue();
    long heads = heads(one.query());
    if (kvHeads <= 0 || size <= 0 || heads <= 0 || heads % kvHeads != 0 || size % 8 != 0) {
      leave(
          "'"
              + key.past()
              + "' has "
              + kvHeads
              + " heads of "
              + size
              + " for "
              + heads
              + " of queries; GroupQueryAttention takes heads of a multiple of 8");
      return null;
    }
    int window = masks.window(one.masks());
    if (window < 0) {
      leave(
          "the mask of '"
              + one.mixed().getName()
              + "' is not that of all, or the last, positions before");
      return null;
    }
    return new Layer(one, window, heads, kvHeads, size, key, value);
  }

  private @Nullable Pair pair(NodeProto concat) throws IOException {
    String past = AttentionFinder.past(view, concat);
    if (past == null) {
      return null;
    }
    String grown = concat.getOutput(0);
    if (view.isOutput(grown)) {
      return new Pair(past, grown, concat);
    }
    for (NodeProto user : view.users(grown)) {
      if (user.getOpType().equals("Identity") && view.isOutput(user.getOutput(0))) {
        return new Pair(past, user.getOutput(0), concat);
      }
    }
    return null;
  }

  /** Heads of queries: from the reshaping that makes them, else what config.json says. */
  private long heads(String query) throws IOException {
    String at = query;
    for (int i = 0; i < 12; i++) {
      NodeProto node = view.maker(view.through(at));
      if (node == null) {
        break;
      }
      if (node.getOpType().equals("Reshape")) {
        long heads = thirdOf(node.getInput(1));
        if (heads > 0) {
          return heads;
        }
        break;
      }
      at = node.getInput(0);
    }
    return configHeads;
  }

  /** The third number of a shape of four, where it is written down. */
  private long thirdOf(String shape) throws IOException {
    long[] fixed = view.longs(shape);
    if (fixed != null) {
      return fixed.length == 4 ? fixed[2] : 0;
    }
    NodeProto concat = view.maker(shape, "Concat");
    if (concat != null && concat.getInputCount() == 4) {
      long[] part = view.longs(concat.getInput(2));
      return part != null && part.length == 1 ? part[0] : 0;
    }
    return 0;
  }

  // ---- writing

  private void write(List<Layer> layers, RotaryFinder rotary) throws IOException {
    Map<NodeProto, List<NodeProto>> changes = GraphView.changes();
    Value mask = new Value("attention_mask");
    Value lengths = g.op("ReduceSum", List.of(Attr.of("keepdims", 1)), mask, g.longs(1));
    Value flat = g.op("Squeeze", lengths, g.longs(1));
    String seqlens = g.cast(g.sub(flat, g.longScalar(1)), TensorProto.DataType.INT32).name();
    Value shape = g.op("Shape", List.of(Attr.of("start", 1), Attr.of("end", 2)), mask);
    String total = g.cast(g.op("Squeeze", shape, g.longs(0)), TensorProto.DataType.INT32).name();
    boolean inside = true;
    List<Turned> queries = new ArrayList<>();
    List<Turned> keys = new ArrayList<>();
    for (Layer layer : layers) {
      Turned q = rotary.find(layer.found().query());
      Turned k = rotary.find(layer.key().grown().getInput(1));
      inside &= q != null && k != null && layer.size() % 16 == 0 && fits(rotary, q, k, layer);
      queries.add(q);
      keys.add(k);
    }
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      for (NodeProto old :
          List.of(layer.found().mixed(), layer.key().grown(), layer.value().grown())) {
        changes.put(old, List.of());
      }
      dropIdentity(layer.key(), changes);
      dropIdentity(layer.value(), changes);
      attend(
          layer,
          inside ? queries.get(i) : null,
          inside ? keys.get(i) : null,
          rotary,
          seqlens,
          total);
    }
    for (Layer layer : layers) {
      boolean narrower = layer.window() > 0 && (window == 0 || layer.window() < window);
      window = narrower ? layer.window() : window;
    }
    attentions = layers.size();
    rotaries = inside ? layers.size() : 0;
    if (!inside && queries.stream().anyMatch(java.util.Objects::nonNull)) {
      left.add(
          "rotary positions: they stay nodes of their own (heads are no multiple of 16, or angles depend on the length)");
    }
    view.replace(changes);
  }

  private void dropIdentity(Pair pair, Map<NodeProto, List<NodeProto>> changes) {
    if (!pair.present().equals(pair.grown().getOutput(0))) {
      changes.put(java.util.Objects.requireNonNull(view.maker(pair.present())), List.of());
    }
  }

  private boolean fits(RotaryFinder rotary, Turned q, Turned k, Layer layer) throws IOException {
    if ((long) maxPositions * layer.size() / 2 > MAX_TABLE) {
      return false;
    }
    RotaryFinder.Table cos = rotary.table(q.cos());
    RotaryFinder.Table sin = rotary.table(q.sin());
    return cos != null
        && sin != null
        && cos.isSame(rotary.table(k.cos()))
        && sin.isSame(rotary.table(k.sin()))
        && cos.half() == sin.half()
        && cos.half() % 8 == 0
        && 2L * cos.half() <= layer.size();
  }

  private void attend(
      Layer layer,
      @Nullable Turned turnedQuery,
      @Nullable Turned turnedKey,
      RotaryFinder rotary,
      String seqlens,
      String total)
      throws IOException {
    Attended found = layer.found();
    String query = turnedQuery == null ? found.query() : turnedQuery.before();
    String key = turnedKey == null ? layer.key().grown().getInput(1) : turnedKey.before();
    String value = layer.value().grown().getInput(1);
    List<String> in =
        new ArrayList<>(
            List.of(
                flat(query, layer.heads() * layer.size()),
                flat(key, layer.kvHeads() * layer.size()),
                flat(value, layer.kvHeads() * layer.size()),
                layer.key().past(),
                layer.value().past(),
                seqlens,
                total));
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attr.of("num_heads", layer.heads()));
    attributes.add(Attr.of("kv_num_heads", layer.kvHeads()));
    if (found.scale() != 0) {
      attributes.add(Attr.of("scale", (float) found.scale()));
    }
    if (layer.window() > 0) {
      attributes.add(Attr.of("local_window_size", layer.window()));
    }
    if (found.softCap() > 0) {
      attributes.add(Attr.of("softcap", (float) found.softCap()));
    }
    if (turnedQuery != null) {
      attributes.add(Attr.of("do_rotary", 1));
      in.add(table(rotary, turnedQuery.cos(), "cos_table"));
      in.add(table(rotary, turnedQuery.sin(), "sin_table"));
    }
    String out = g.fresh("attention");
    g.node(
        "com.microsoft",
        "GroupQueryAttention",
        attributes,
        Value.all(in),
        List.of(out, layer.key().present(), layer.value().present()));
    give(found.mixed(), out, layer.heads(), layer.size());
  }

  private String table(RotaryFinder rotary, String angles, String hint) throws IOException {
    String known = tableNames.get(view.through(angles));
    if (known == null) {
      known = rotary.constant(java.util.Objects.requireNonNull(rotary.table(angles)), hint);
      tableNames.put(view.through(angles), known);
    }
    return known;
  }

  /** A value [batch, heads, sequence, size] as [batch, sequence, heads * size]. */
  private String flat(String name, long width) {
    NodeProto node = view.maker(name, "Transpose");
    if (node != null && isHeadsTurned(node)) {
      NodeProto reshape = view.maker(node.getInput(0), "Reshape");
      // The product that was reshaped into heads has that shape already.
      NodeProto made = reshape == null ? null : view.maker(view.through(reshape.getInput(0)));
      boolean product =
          made != null
              && (made.getOpType().equals("MatMul")
                  || made.getOpType().equals("Add") && isBiasedProduct(made));
      return product
          ? view.through(java.util.Objects.requireNonNull(reshape).getInput(0))
          : g.reshape(new Value(node.getInput(0)), 0, 0, width).name();
    }
    return g.reshape(g.transpose(new Value(name), 0, 2, 1, 3), 0, 0, width).name();
  }

  private boolean isBiasedProduct(NodeProto add) {
    return view.isConstant(add.getInput(0)) && view.maker(add.getInput(1), "MatMul") != null
        || view.isConstant(add.getInput(1)) && view.maker(add.getInput(0), "MatMul") != null;
  }

  private static boolean isHeadsTurned(NodeProto transpose) {
    long[] order = Attr.getInts(transpose, "perm");
    return java.util.Arrays.equals(order, new long[] {0, 2, 1, 3});
  }

  /**
   * Hands the result [batch, sequence, heads * size] to what took the old one [batch, heads, sequence, size]. That mostly turns it back, and ONNX
   * Runtime drops two turns that undo each other.
   */
  private void give(NodeProto mixed, String out, long heads, long size) {
    Value spread = g.reshape(new Value(out), 0, 0, heads, size);
    g.node(
        "",
        "Transpose",
        List.of(Attr.ints("perm", 0, 2, 1, 3)),
        List.of(spread),
        List.of(mixed.getOutput(0)));
  }
}
