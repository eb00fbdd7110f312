package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.training.autodiff.GradientRules.Registry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Back-propagation through time. All gates are computed again for all steps at once from the layer's own output; what
 * has to run step by step is one Scan with few small nodes, and the weights' gradients are one matrix product each.
 */
final class RecurrentRules {
  private RecurrentRules() {}

  static void register(Registry r) {
    r.add("LSTM", n -> new Pass(n, 4).run(RecurrentRules::lstm));
    r.add("GRU", n -> new Pass(n, 3).run(RecurrentRules::gru));
    r.add("RNN", n -> new Pass(n, 1).run(RecurrentRules::rnn));
  }

  private interface Cell {
    Gradients backward(Direction d);
  }

  /**
   * Gradients of one direction before the common products.
   *
   * @param input of x W' + Wb, [T, B, gates H]
   * @param hidden of h R' + Rb, [T, B, gates H]; the same value as input where nothing stands between
   * @param recurrentWeight the gradient of R where the common product does not give it
   */
  private record Gradients(
      String input,
      String hidden,
      String firstHidden,
      @Nullable String firstCell,
      @Nullable String recurrentWeight) {}

  /** What one direction of a node works with; time runs forward here, also for "reverse". */
  private record Direction(
      Backward n,
      GraphBuilder g,
      long time,
      long batch,
      long hidden,
      String x,
      String w,
      String r,
      @Nullable String inputBias,
      @Nullable String recurrentBias,
      String h,
      String previous,
      String firstCell,
      String dy,
      String lastHidden,
      String lastCell,
      @Nullable String cellGradient) {

    String times(String value, String weight, @Nullable String bias) {
      String y = g.matMul(value, g.transpose(weight, 1, 0));
      return bias == null ? y : g.add(y, bias);
    }

    List<String> gates(String value, int count) {
      long[] sizes = new long[count];
      java.util.Arrays.fill(sizes, hidden);
      return g.split(value, 2, sizes);
    }

    /** 1 - v. */
    String rest(String v) {
      return g.sub(g.scalar(1), v);
    }

    String sigmoidSlope(String v) {
      return g.mul(v, rest(v));
    }
  }

  /** The part that is common to the three cells. */
  private static final class Pass {
    private final Backward n;
    private final GraphBuilder g;
    private final int gates;
    private final long time;
    private final long batch;
    private final long inputs;
    private final long hidden;
    private final int directions;

    Pass(Backward n, int gates) {
      this.n = n;
      this.g = n.graph();
      this.gates = gates;
      time = n.shape(0)[0];
      batch = n.shape(0)[1];
      inputs = n.shape(0)[2];
      directions = (int) n.shape(1)[0];
      hidden = n.shape(2)[2];
      check();
    }

    private void check() {
      if (n.attr("layout", 0) != 0) {
        throw n.fail("has layout 1, which has no gradient rule");
      }
      if (n.has(7) || n.hasAttr("clip") || n.attr("input_forget", 0) != 0) {
        throw n.fail("uses peepholes, clip or input_forget, which have no gradient rule");
      }
      AttributeProto activations = Attr.find(n.node(), "activations");
      if (activations != null) {
        for (var name : activations.getStringsList()) {
          String lower = name.toStringUtf8().toLowerCase(java.util.Locale.ROOT);
          boolean known = lower.equals("tanh") || lower.equals(gates > 1 ? "sigmoid" : "relu");
          if (!known) {
            throw n.fail("has activation " + name.toStringUtf8() + ", which has no gradient rule");
          }
        }
      }
    }

    void run(Cell cell) {
      List<List<String>> parts = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        parts.add(new ArrayList<>());
      }
      String dx = null;
      for (int d = 0; d < directions; d++) {
        boolean reverse = d == 1 || n.attr("direction", "forward").equals("reverse");
        Direction direction = direction(d, reverse);
        Gradients gradients = cell.backward(direction);
        String flatInput = g.reshape(gradients.input, time * batch, gates * hidden);
        if (n.wants(0)) {
          String part = g.reshape(g.matMul(flatInput, direction.w), time, batch, inputs);
          part = reverse ? reversed(part) : part;
          dx = dx == null ? part : g.add(dx, part);
        }
        collect(parts, direction, gradients, flatInput);
      }
      if (dx != null) {
        n.give(0, dx);
      }
      for (int i = 1; i < 4; i++) {
        if (n.wants(i)) {
          n.give(i, g.concat(0, parts.get(i)));
        }
      }
      if (n.wants(5)) {
        n.give(5, g.concat(0, parts.get(4)));
      }
      if (n.wants(6)) {
        n.give(6, g.concat(0, parts.get(5)));
      }
    }

    private void collect(
        List<List<String>> parts, Direction d, Gradients gradients, String flatInput) {
      String flatHidden =
          gradients.hidden.equals(gradients.input)
              ? flatInput
              : g.reshape(gradients.hidden, time * batch, gates * hidden);
      if (n.wants(1)) {
        String dw = transposedProduct(flatInput, g.reshape(d.x, time * batch, inputs));
        parts.get(1).add(g.reshape(dw, 1, gates * hidden, inputs));
      }
      if (n.wants(2)) {
        String dr = gradients.recurrentWeight;
        if (dr == null) {
          dr = transposedProduct(flatHidden, g.reshape(d.previous, time * batch, hidden));
        }
        parts.get(2).add(g.reshape(dr, 1, gates * hidden, hidden));
      }
      if (n.wants(3)) {
        String input = g.reduceSum(flatInput, new long[] {0}, true);
        String recurrent =
            flatHidden.equals(flatInput) ? input : g.reduceSum(flatHidden, new long[] {0}, true);
        parts.get(3).add(g.concat(1, List.of(input, recurrent)));
      }
      parts.get(4).add(g.reshape(gradients.firstHidden, 1, batch, hidden));
      if (gradients.firstCell != null) {
        parts.get(5).add(g.reshape(gradients.firstCell, 1, batch, hidden));
      }
    }

    private String transposedProduct(String a, String b) {
      return g.op("Gemm", List.of(Attr.of("transA", 1)), a, b);
    }

    private Direction direction(int d, boolean reverse) {
      String bias = n.has(3) ? row(n.in(3), 0, d) : null;
      long width = gates * hidden;
      String h = g.reshape(g.slice(n.out(0), 1, d, d + 1), time, batch, hidden);
      String dy =
          n.gradOrNull(0) == null
              ? g.zeros(time, batch, hidden)
              : g.reshape(g.slice(n.grad(), 1, d, d + 1), time, batch, hidden);
      h = reverse ? reversed(h) : h;
      dy = reverse ? reversed(dy) : dy;
      String lastHidden = last(1, d);
      String lastCell = last(2, d);
      String cellGradient = null;
      if (n.has(4)) {
        // What follows a sequence's end is padding: its own output is zero, the last state is the
        // one before.
        String inside = steps("Less", g.longScalar(0));
        String end = steps("Equal", g.longScalar(1));
        dy = g.add(g.mul(dy, inside), g.mul(end, lastHidden));
        cellGradient = g.mul(end, lastCell);
        lastHidden = g.zeros(batch, hidden);
        lastCell = lastHidden;
      }
      String first = n.has(5) ? row(n.in(5), 0, d) : g.zeros(batch, hidden);
      return new Direction(
          n,
          g,
          time,
          batch,
          hidden,
          reverse ? reversed(n.in(0)) : n.in(0),
          row(n.in(1), 0, d),
          row(n.in(2), 0, d),
          bias == null ? null : g.slice(bias, 0, 0, width),
          bias == null ? null : g.slice(bias, 0, width, 2 * width),
          h,
          shifted(g, first, h, time, batch, hidden),
          n.has(6) ? row(n.in(6), 0, d) : g.zeros(batch, hidden),
          dy,
          lastHidden,
          lastCell,
          cellGradient);
    }

    /** 1 where step + more stands so to the sequence's length, else 0: [T, B, 1]. */
    private String steps(String comparison, String more) {
      long[] numbers = new long[(int) time];
      for (int t = 0; t < time; t++) {
        numbers[t] = t;
      }
      String step = g.reshape(g.add(g.longs(numbers), more), time, 1, 1);
      return g.toFloat(g.op(comparison, step, g.reshape(lengths(), 1, batch, 1)));
    }

    private String lengths() {
      return g.cast(n.in(4), TensorProto.DataType.INT64);
    }

    private String last(int output, int d) {
      String gradient = n.gradOrNull(output);
      return gradient == null ? g.zeros(batch, hidden) : row(gradient, 0, d);
    }

    private String row(String value, int axis, int index) {
      return g.op("Gather", List.of(Attr.of("axis", axis)), value, g.longScalar(index));
    }

    private String reversed(String value) {
      if (n.has(4)) {
        List<AttributeProto> axes = List.of(Attr.of("time_axis", 0), Attr.of("batch_axis", 1));
        return g.op("ReverseSequence", axes, value, lengths());
      }
      long[] backwards = new long[(int) time];
      for (int i = 0; i < time; i++) {
        backwards[i] = time - 1 - i;
      }
      return g.op("Gather", value, g.longs(backwards));
    }
  }

  /** [first, values[0], ... values[T-2]]. */
  private static String shifted(
      GraphBuilder g, String first, String values, long time, long batch, long hidden) {
    String head = g.reshape(first, 1, batch, hidden);
    return time == 1 ? head : g.concat(0, List.of(head, g.slice(values, 0, 0, time - 1)));
  }

  /** c = f c' + i g, h = o tanh(c); gates in the order i, o, f, g. */
  private static Gradients lstm(Direction d) {
    GraphBuilder g = d.g;
    String a = g.add(d.times(d.x, d.w, d.inputBias), d.times(d.previous, d.r, d.recurrentBias));
    List<String> gate = d.gates(a, 4);
    String i = g.op("Sigmoid", gate.get(0));
    String o = g.op("Sigmoid", gate.get(1));
    String f = g.op("Sigmoid", gate.get(2));
    String cand = g.op("Tanh", gate.get(3));
    String c = cells(d, f, g.mul(i, cand));
    String tc = g.op("Tanh", c);
    String previousCell = shifted(g, d.firstCell, c, d.time, d.batch, d.hidden);
    String slopes =
        g.concat(
            2,
            List.of(
                g.mul(cand, d.sigmoidSlope(i)),
                g.mul(tc, d.sigmoidSlope(o)),
                g.mul(previousCell, d.sigmoidSlope(f)),
                g.mul(i, d.rest(g.square(cand)))));
    String cellSlope = g.mul(o, d.rest(g.square(tc)));

    GraphBuilder body = g.body();
    TensorType state = TensorType.floats(d.batch, d.hidden);
    String dh = body.input(body.fresh("dh"), state);
    String dc = body.input(body.fresh("dc"), state);
    String dyT = body.input(body.fresh("dy"), state);
    String slopesT = body.input(body.fresh("slopes"), TensorType.floats(d.batch, 4 * d.hidden));
    String cellSlopeT = body.input(body.fresh("cellSlope"), state);
    String forgetT = body.input(body.fresh("forget"), state);
    List<String> inputs = new ArrayList<>(List.of(d.dy, slopes, cellSlope, f));
    if (d.cellGradient != null) {
      dc = body.add(dc, body.input(body.fresh("cell"), state));
      inputs.add(d.cellGradient);
    }
    String dhT = body.add(dh, dyT);
    String dcT = body.add(dc, body.mul(dhT, cellSlopeT));
    String da = body.mul(body.concat(1, List.of(dcT, dhT, dcT, dcT)), slopesT);
    body.output(body.matMul(da, d.r));
    body.output(body.mul(dcT, forgetT));
    body.output(da);
    List<String> out = backwardScan(g, body, List.of(d.lastHidden, d.lastCell), inputs, 1);
    return new Gradients(out.get(2), out.get(2), out.get(0), out.get(1), null);
  }

  /** The cell states, which the node does not give: one small Scan. */
  private static String cells(Direction d, String forget, String write) {
    GraphBuilder body = d.g.body();
    TensorType state = TensorType.floats(d.batch, d.hidden);
    String c = body.input(body.fresh("c"), state);
    String f = body.input(body.fresh("f"), state);
    String w = body.input(body.fresh("w"), state);
    String next = body.add(body.mul(f, c), w);
    body.output(next);
    body.output(body.op("Identity", next));
    return scan(d.g, body, List.of(d.firstCell), List.of(forget, write), 1, false).get(1);
  }

  /** h = (1-z) n + z h', n = tanh(...), gates in the order z, r, n. */
  private static Gradients gru(Direction d) {
    return d.n.attr("linear_before_reset", 0) != 0 ? gruTorch(d) : gruClassic(d);
  }

  /** n = tanh(Wn x + r (Rn h' + Rbn)). */
  private static Gradients gruTorch(Direction d) {
    GraphBuilder g = d.g;
    List<String> ax = d.gates(d.times(d.x, d.w, d.inputBias), 3);
    List<String> ah = d.gates(d.times(d.previous, d.r, d.recurrentBias), 3);
    String z = g.op("Sigmoid", g.add(ax.get(0), ah.get(0)));
    String r = g.op("Sigmoid", g.add(ax.get(1), ah.get(1)));
    String cand = g.op("Tanh", g.add(ax.get(2), g.mul(r, ah.get(2))));
    String kz = g.mul(g.sub(d.previous, cand), d.sigmoidSlope(z));
    String kn = g.mul(d.rest(z), d.rest(g.square(cand)));
    String kr = g.mul(g.mul(kn, ah.get(2)), d.sigmoidSlope(r));
    String hiddenSlopes = g.concat(2, List.of(kz, kr, g.mul(kn, r)));
    String inputSlopes = g.concat(2, List.of(kz, kr, kn));

    GraphBuilder body = g.body();
    TensorType state = TensorType.floats(d.batch, d.hidden);
    String dh = body.input(body.fresh("dh"), state);
    String dyT = body.input(body.fresh("dy"), state);
    String slopesT = body.input(body.fresh("slopes"), TensorType.floats(d.batch, 3 * d.hidden));
    String zT = body.input(body.fresh("z"), state);
    String dhT = body.add(dh, dyT);
    String da = body.mul(body.concat(1, List.of(dhT, dhT, dhT)), slopesT);
    body.output(body.add(body.matMul(da, d.r), body.mul(dhT, zT)));
    body.output(dhT);
    List<String> out =
        backwardScan(g, body, List.of(d.lastHidden), List.of(d.dy, hiddenSlopes, z), 1);
    String all = g.concat(2, List.of(out.get(1), out.get(1), out.get(1)));
    return new Gradients(g.mul(all, inputSlopes), g.mul(all, hiddenSlopes), out.get(0), null, null);
  }

  /** n = tanh(Wn x + Rn (r h') + Rbn). */
  private static Gradients gruClassic(Direction d) {
    GraphBuilder g = d.g;
    long h = d.hidden;
    String rzr = g.slice(d.r, 0, 0, 2 * h);
    String rn = g.slice(d.r, 0, 2 * h, 3 * h);
    String inputs = d.times(d.x, d.w, d.inputBias);
    if (d.recurrentBias != null) {
      inputs = g.add(inputs, d.recurrentBias);
    }
    List<String> ax = d.gates(inputs, 3);
    List<String> ah = d.gates(d.times(d.previous, rzr, null), 2);
    String z = g.op("Sigmoid", g.add(ax.get(0), ah.get(0)));
    String r = g.op("Sigmoid", g.add(ax.get(1), ah.get(1)));
    String reset = g.mul(r, d.previous);
    String cand = g.op("Tanh", g.add(ax.get(2), d.times(reset, rn, null)));
    String kz = g.mul(g.sub(d.previous, cand), d.sigmoidSlope(z));
    String kn = g.mul(d.rest(z), d.rest(g.square(cand)));
    String kr = g.mul(d.previous, d.sigmoidSlope(r));

    GraphBuilder body = g.body();
    TensorType state = TensorType.floats(d.batch, h);
    String dh = body.input(body.fresh("dh"), state);
    List<String> in = new ArrayList<>();
    for (String name : List.of("dy", "kz", "kn", "kr", "z", "r")) {
      in.add(body.input(body.fresh(name), state));
    }
    String dhT = body.add(dh, in.get(0));
    String dz = body.mul(dhT, in.get(1));
    String dn = body.mul(dhT, in.get(2));
    String dReset = body.matMul(dn, rn);
    String dr = body.mul(dReset, in.get(3));
    String through = body.matMul(body.concat(1, List.of(dz, dr)), rzr);
    String direct = body.add(body.mul(dhT, in.get(4)), body.mul(dReset, in.get(5)));
    body.output(body.add(through, direct));
    body.output(body.concat(1, List.of(dz, dr, dn)));
    List<String> out =
        backwardScan(g, body, List.of(d.lastHidden), List.of(d.dy, kz, kn, kr, z, r), 1);
    String da = out.get(1);
    long rows = d.time * d.batch;
    String flat = g.reshape(da, rows, 3 * h);
    List<AttributeProto> transA = List.of(Attr.of("transA", 1));
    String dzr = g.op("Gemm", transA, g.slice(flat, 1, 0, 2 * h), g.reshape(d.previous, rows, h));
    String dn2 = g.op("Gemm", transA, g.slice(flat, 1, 2 * h, 3 * h), g.reshape(reset, rows, h));
    return new Gradients(da, da, out.get(0), null, g.concat(0, List.of(dzr, dn2)));
  }

  /** h = tanh(W x + R h'), or relu. */
  private static Gradients rnn(Direction d) {
    GraphBuilder g = d.g;
    AttributeProto activations = Attr.find(d.n.node(), "activations");
    boolean relu =
        activations != null && activations.getStrings(0).toStringUtf8().equalsIgnoreCase("relu");
    String slope = relu ? g.toFloat(g.op("Greater", d.h, g.scalar(0))) : d.rest(g.square(d.h));
    GraphBuilder body = g.body();
    TensorType state = TensorType.floats(d.batch, d.hidden);
    String dh = body.input(body.fresh("dh"), state);
    String dyT = body.input(body.fresh("dy"), state);
    String slopeT = body.input(body.fresh("slope"), state);
    String da = body.mul(body.add(dh, dyT), slopeT);
    body.output(body.matMul(da, d.r));
    body.output(da);
    List<String> out = backwardScan(g, body, List.of(d.lastHidden), List.of(d.dy, slope), 1);
    return new Gradients(out.get(1), out.get(1), out.get(0), null, null);
  }

  private static List<String> backwardScan(
      GraphBuilder g, GraphBuilder body, List<String> states, List<String> inputs, int outputs) {
    return scan(g, body, states, inputs, outputs, true);
  }

  private static List<String> scan(
      GraphBuilder g,
      GraphBuilder body,
      List<String> states,
      List<String> inputs,
      int outputs,
      boolean backwards) {
    List<String> in = new ArrayList<>(states);
    in.addAll(inputs);
    long way = backwards ? 1 : 0;
    List<AttributeProto> attributes =
        List.of(
            Attr.of("body", typed(body)),
            Attr.of("num_scan_inputs", inputs.size()),
            Attr.ints("scan_input_directions", fill(inputs.size(), way)),
            Attr.ints("scan_output_directions", fill(outputs, way)));
    return g.node("", "Scan", attributes, in, states.size() + outputs);
  }

  private static dev.sampo.onnx.proto.GraphProto typed(GraphBuilder body) {
    var graph = body.graph("step").toBuilder();
    for (int i = 0; i < graph.getOutputCount(); i++) {
      var type =
          dev.sampo.onnx.proto.TypeProto.newBuilder()
              .setTensorType(
                  dev.sampo.onnx.proto.TypeProto.Tensor.newBuilder()
                      .setElemType(TensorProto.DataType.FLOAT_VALUE));
      graph.setOutput(i, graph.getOutput(i).toBuilder().setType(type));
    }
    return graph.build();
  }

  private static long[] fill(int size, long value) {
    long[] result = new long[size];
    java.util.Arrays.fill(result, value);
    return result;
  }
}
