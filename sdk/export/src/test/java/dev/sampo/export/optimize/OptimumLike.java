package dev.sampo.export.optimize;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.TypeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** A decoder of one layer as Optimum writes it: concatenated past, expanded heads, mask of numbers, rotary halves, norms in pieces. */
final class OptimumLike {
  static final int HEADS = 4;
  static final int KV_HEADS = 2;
  static final int SIZE = 16;
  static final int WIDTH = HEADS * SIZE;
  static final int VOCABULARY = 60;

  private final GraphBuilder g = new GraphBuilder();
  private final Random random = new Random(3);
  private int positions = 96;
  private int window;
  private boolean biased;
  private boolean interleaved;

  OptimumLike positions(int value) {
    positions = value;
    return this;
  }

  OptimumLike window(int value) {
    window = value;
    return this;
  }

  /** Adds a number to the scores that grows with the distance. */
  OptimumLike biased() {
    biased = true;
    return this;
  }

  /** Turns pairs of neighbours in place of halves. */
  OptimumLike interleaved() {
    interleaved = true;
    return this;
  }

  /** Writes the folder. */
  Path write(Path folder) throws IOException {
    input("input_ids", TensorProto.DataType.INT64_VALUE, "batch", "sequence");
    input("attention_mask", TensorProto.DataType.INT64_VALUE, "batch", "total");
    input("position_ids", TensorProto.DataType.INT64_VALUE, "batch", "sequence");
    for (String what : List.of("key", "value")) {
      input(
          "past_key_values.0." + what,
          TensorProto.DataType.FLOAT_VALUE,
          "batch",
          KV_HEADS,
          "past",
          SIZE);
    }
    Value x = g.op("Gather", weight("embed", VOCABULARY, WIDTH), new Value("input_ids"));
    Value y = attention(norm(x, "first"));
    x = g.add(x, y);
    Value inner = g.matMul(norm(x, "second"), weight("up", WIDTH, 2 * WIDTH));
    x = g.add(x, g.matMul(g.mul(inner, g.op("Sigmoid", inner)), weight("down", 2 * WIDTH, WIDTH)));
    g.node(
        "",
        "MatMul",
        List.of(),
        List.of(norm(x, "last"), weight("head", WIDTH, VOCABULARY)),
        List.of("logits"));
    g.output(new Value("logits"));
    g.redeclare(value("logits", TensorProto.DataType.FLOAT_VALUE, "batch", "sequence", VOCABULARY));
    for (String what : List.of("key", "value")) {
      g.output(new Value("present.0." + what));
      g.redeclare(
          value(
              "present.0." + what,
              TensorProto.DataType.FLOAT_VALUE,
              "batch",
              KV_HEADS,
              "total",
              SIZE));
    }
    Files.createDirectories(folder);
    Models.write(g.model(), folder.resolve("model.onnx"));
    Files.writeString(
        folder.resolve("config.json"),
        "{\"model_type\":\"llama\",\"vocab_size\":"
            + VOCABULARY
            + ",\"max_position_embeddings\":"
            + positions
            + ",\"num_attention_heads\":"
            + HEADS
            + ",\"num_hidden_layers\":1,\"num_key_value_heads\":"
            + KV_HEADS
            + ",\"hidden_size\":"
            + WIDTH
            + ",\"eos_token_id\":0}");
    return folder;
  }

  private void input(String name, int type, Object... dims) {
    g.input(value(name, type, dims));
  }

  private static ValueInfoProto value(String name, int type, Object... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dim : dims) {
      TensorShapeProto.Dimension.Builder d = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(dim instanceof Integer n ? d.setDimValue(n) : d.setDimParam(dim.toString()));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
        .build();
  }

  private Value weight(String name, long... dims) {
    int count = 1;
    for (long dim : dims) {
      count *= (int) dim;
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (0.25 * random.nextGaussian()) + (dims.length == 1 ? 1 : 0);
    }
    g.initializer(Tensors.ofFloats(name, dims, values));
    return new Value(name);
  }

  private Value norm(Value x, String name) {
    Value square = g.op("Pow", x, g.scalar(2));
    Value mean = g.op("ReduceMean", List.of(Attr.of("keepdims", 1)), square, g.longs(-1));
    Value root = g.op("Sqrt", g.add(mean, g.scalar(1e-6)));
    return g.mul(weight(name, WIDTH), g.mul(x, g.div(g.scalar(1), root)));
  }

  private Value attention(Value x) {
    Value q = turned(heads(g.matMul(x, weight("q", WIDTH, WIDTH)), HEADS));
    Value k = turned(heads(g.matMul(x, weight("k", WIDTH, KV_HEADS * SIZE)), KV_HEADS));
    Value v = heads(g.matMul(x, weight("v", WIDTH, KV_HEADS * SIZE)), KV_HEADS);
    grown("key", k);
    grown("value", v);
    Value scores = g.matMul(q, g.transpose(repeated(new Value("present.0.key")), 0, 1, 3, 2));
    scores = g.add(g.mul(scores, g.scalar(0.25)), mask());
    Value weights = g.op("Softmax", List.of(Attr.of("axis", -1)), scores);
    Value mixed =
        g.transpose(g.matMul(weights, repeated(new Value("present.0.value"))), 0, 2, 1, 3);
    return g.matMul(g.reshape(mixed, 0, 0, WIDTH), weight("o", WIDTH, WIDTH));
  }

  private Value heads(Value x, int count) {
    return g.transpose(g.reshape(x, 0, 0, count, SIZE), 0, 2, 1, 3);
  }

  private void grown(String what, Value fresh) {
    g.node(
        "",
        "Concat",
        List.of(Attr.of("axis", -2)),
        List.of(new Value("past_key_values.0." + what), fresh),
        List.of("present.0." + what));
  }

  private Value repeated(Value x) {
    Value five = g.op("Unsqueeze", x, g.longs(2));
    Value wide = g.op("Expand", five, g.longs(1, 1, HEADS / KV_HEADS, 1, 1));
    Value shape = g.op("Shape", x);
    Value length = g.slice(shape, 0, 2, 3);
    return g.op("Reshape", wide, g.concat(0, List.of(g.longs(0, HEADS), length, g.longs(SIZE))));
  }

  private Value dim(Value of, int axis) {
    return g.op("Gather", g.op("Shape", of), g.longScalar(axis));
  }

  private Value mask() {
    Value total = dim(new Value("attention_mask"), 1);
    Value past = dim(new Value("past_key_values.0.key"), 2);
    Value count = dim(new Value("input_ids"), 1);
    Value keys =
        g.op("Unsqueeze", g.op("Range", g.longScalar(0), total, g.longScalar(1)), g.longs(0));
    Value queries =
        g.op("Unsqueeze", g.op("Range", past, g.add(past, count), g.longScalar(1)), g.longs(1));
    Value seen = g.op("LessOrEqual", keys, queries);
    if (window > 0) {
      seen = g.op("And", seen, g.op("Greater", keys, g.sub(queries, g.longScalar(window))));
    }
    Value real =
        g.op(
            "Unsqueeze",
            g.cast(new Value("attention_mask"), TensorProto.DataType.BOOL),
            g.longs(1, 2));
    seen = g.op("And", g.op("Unsqueeze", seen, g.longs(0, 1)), real);
    Value mask = g.where(seen, g.scalar(0), g.scalar(-3.4e38));
    return biased ? g.add(mask, g.mul(g.toFloat(g.sub(keys, queries)), g.scalar(0.1))) : mask;
  }

  private Value turned(Value x) {
    float[] inverse = new float[SIZE / 2];
    for (int i = 0; i < inverse.length; i++) {
      inverse[i] = (float) Math.pow(100, -2.0 * i / SIZE);
    }
    Value at = g.op("Unsqueeze", g.toFloat(new Value("position_ids")), g.longs(2));
    Value half = g.mul(at, g.floats(new long[] {inverse.length}, inverse));
    Value angles = g.op("Unsqueeze", g.concat(-1, List.of(half, half)), g.longs(1));
    Value first;
    Value second;
    if (interleaved) {
      first = g.op("Slice", x, g.longs(0), g.longs(SIZE), g.longs(3), g.longs(2));
      second = g.op("Slice", x, g.longs(1), g.longs(SIZE), g.longs(3), g.longs(2));
    } else {
      first = g.slice(x, 3, 0, SIZE / 2);
      second = g.slice(x, 3, SIZE / 2, SIZE);
    }
    Value other = g.concat(-1, List.of(g.neg(second), first));
    return g.add(g.mul(x, g.op("Cos", angles)), g.mul(other, g.op("Sin", angles)));
  }
}
