package dev.sampo.export.graph;

import dev.sampo.export.config.RotaryScaling;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.proto.TensorProto;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What all encoders of text have in common: ids, mask, attention in both directions, {@code last_hidden_state}. */
public final class EncoderNet implements Rotary.Positions {
  private static final String BATCH = "batch_size";
  private static final String SEQUENCE = "sequence_length";

  private final Net net;
  private final String ids;
  private final String mask;
  private @Nullable String bias;
  private @Nullable String mask32;
  private @Nullable String positions;
  private @Nullable String rowPositions;
  private @Nullable String near;
  private @Nullable String causal;

  public EncoderNet(Net net) {
    this.net = net;
    ids = net.longInput("input_ids", BATCH, SEQUENCE);
    mask = net.longInput("attention_mask", BATCH, SEQUENCE);
  }

  public String inputIds() {
    return ids;
  }

  /** The input {@code token_type_ids}. */
  public String typeIds() {
    return net.longInput("token_type_ids", BATCH, SEQUENCE);
  }

  /** 0 ... sequence-1. */
  public String positions() {
    String known = positions;
    if (known == null) {
      known = net.range(net.longScalar(0), net.dim(ids, 1));
      positions = known;
    }
    return known;
  }

  /** Numbers of the tokens that are not padding, from {@code pad + 1} on, and {@code pad} for padding: RoBERTa's positions. */
  public String positionsAfter(int pad) {
    String real = net.toLong(net.op("Not", net.op("Equal", ids, net.longScalar(pad))));
    String count = net.mul(net.op("CumSum", real, net.longScalar(1)), real);
    return net.add(count, net.longScalar(pad));
  }

  @Override
  public String ids() {
    String known = rowPositions;
    if (known == null) {
      known = net.unsqueeze(positions(), 0);
      rowPositions = known;
    }
    return known;
  }

  @Override
  public String longest() {
    return net.dim(ids, 1);
  }

  /** Rotates queries or keys [batch, sequence, heads * size]. */
  public Turning rotary(RotaryScaling scaling, int headSize) {
    Rotary rotary = new Rotary(net, scaling, headSize, 0, this);
    return rotary::applyStandard;
  }

  /** Rotates x [batch, sequence, heads * size]. */
  @FunctionalInterface
  public interface Turning {
    String turn(String x, int heads);
  }

  /** 0 for tokens, the lowest float for padding: [batch, 1, 1, sequence]. */
  public String bias() {
    String known = bias;
    if (known == null) {
      String real = net.cast(mask, TensorProto.DataType.BOOL);
      known = net.unsqueeze(net.op("Where", real, net.scalar(0), net.scalar(Attend.LOWEST)), 1, 2);
      bias = known;
    }
    return known;
  }

  /**
   * Attention in both directions.
   *
   * @param q queries [batch, sequence, heads * size]; keys and values alike
   * @param more bias of positions that goes over the mask's, or null
   */
  public String attention(Attention a, String q, String k, String v, @Nullable String more) {
    if (a.window() == 0 && more == null && !net.plain()) {
      String m = mask32;
      if (m == null) {
        m = net.cast(mask, TensorProto.DataType.INT32);
        mask32 = m;
      }
      return Attend.fused(net, a, q, k, v, m);
    }
    String all = more == null ? bias() : net.add(bias(), more);
    if (a.window() > 0) {
      all = net.add(all, near(a.window()));
    }
    return Attend.run(net, a, q, Attend.heads(net, k, a), Attend.heads(net, v, a), all);
  }

  /** Rules out what is further than the window, either way: [1, 1, sequence, sequence]. */
  private String near(int window) {
    String known = near;
    if (known == null) {
      String apart = net.sub(net.unsqueeze(positions(), 0), net.unsqueeze(positions(), 1));
      String close = net.op("LessOrEqual", net.op("Abs", apart), net.longScalar(window));
      known =
          net.unsqueeze(net.op("Where", close, net.scalar(0), net.scalar(Attend.LOWEST / 4)), 0, 1);
      near = known;
    }
    return known;
  }

  /** Rules out what comes after: [1, 1, sequence, sequence]. */
  public String causal() {
    String known = causal;
    if (known == null) {
      String seen =
          net.op("LessOrEqual", net.unsqueeze(positions(), 0), net.unsqueeze(positions(), 1));
      known =
          net.unsqueeze(net.op("Where", seen, net.scalar(0), net.scalar(Attend.LOWEST / 4)), 0, 1);
      causal = known;
    }
    return known;
  }

  /**
   * Each row at the first place of an id [batch, width]. The id 2 means the largest id, as transformers reads old settings of CLIP.
   */
  public String at(String x, int id) {
    String marks = id == 2 ? ids : net.toLong(net.op("Equal", ids, net.longScalar(id)));
    String place = net.op("ArgMax", List.of(Attr.of("axis", 1), Attr.of("keepdims", 1)), marks);
    return net.op("GatherND", List.of(Attr.of("batch_dims", 1)), net.settled(x), place);
  }

  /** Makes a vector a row an output. */
  public void vector(String x, String name, int size) {
    net.output(x, name, BATCH, size);
  }

  /** Makes the hidden states the output. */
  public void hidden(String x, int size) {
    net.output(x, "last_hidden_state", BATCH, SEQUENCE, size);
  }

  /** Makes the first token's hidden state, through a layer and tanh, the output {@code pooler_output}. */
  public void pooled(String x, String prefix, int size) {
    String first = net.gather(net.settled(x), net.longScalar(0), 1);
    net.output(
        net.op("Tanh", net.linear(first, prefix, size, size, true)), "pooler_output", BATCH, size);
  }

  /** Makes scores of a masked language model the output {@code logits}. */
  public void logits(String scores, int vocabulary) {
    net.output(scores, "logits", BATCH, SEQUENCE, vocabulary);
  }
}
