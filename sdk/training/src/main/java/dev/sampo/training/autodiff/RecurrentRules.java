package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
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
      Value input,
      Value hidden,
      Value firstHidden,
      @Nullable Value firstCell,
      @Nullable Value recurrentWeight) {}

  /** What one direction of a node works with; time runs forward here, also for "reverse". */
  private record Direction(
      Backward n,
      GraphBuilder g,
      long time,
      long batch,
      long hidden,
      Value x,
      Value w,
      Value r,
      @Nullable Value inputBias,
      @Nullable Value recurrentBias,
      Value h,
      Value previous,
      Value firstCell,
      Value dy,
      Value lastHidden,
      Value lastCell,
      @Nullable Value cellGradient) {

    Value times(Value value, Value weight, @Nullable Value bias) {
      Value y = g.matMul(value, g.transpose(weight, 1, 0));
      return bias == null ? y : g.add(y, bias);
    }

    List<Value> gates(Value value, int count) {
      long[] sizes = new long[count];
      java.util.Arrays.fill(sizes, hidden);
      return g.split(value, 2, sizes);
    }

    /** 1 - v. */
    Value rest(Value v) {
      return g.sub(g.scalar(1), v);
    }

    Value sigmoidSlope(Value v) {
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
      List<List<Value>> parts = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        parts.add(new ArrayList<>());
      }
      Value dx = null;
      for (int d = 0; d < directions; d++) {
        boolean reverse = d == 1 || n.attr("direction", "forward").equals("reverse");
        Direction direction = direction(d, reverse);
        Gradients gradients = cell.backward(direction);
        Value flatInput = g.reshape(gradients.input, time * batch, gates * hidden);
        if (n.wants(0)) {
          Value part = g.reshape(g.matMul(flatInput, direction.w), time, batch, inputs);
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
        List<List<Value>> parts, Direction d, Gradients gradients, Value flatInput) {
      Value flatHidden =
          gradients.hidden.equals(gradients.input)
              ? flatInput
              : g.reshape(gradients.hidden, time * batch, gates * hidden);
      if (n.wants(1)) {
        Value dw = transposedProduct(flatInput, g.reshape(d.x, time * batch, inputs));
        parts.get(1).add(g.reshape(dw, 1, gates * hidden, inputs));
      }
      if (n.wants(2)) {
        Value dr = gradients.recurrentWeight;
        if (dr == null) {
          dr = transposedProduct(flatHidden, g.reshape(d.previous, time * batch, hidden));
        }
        parts.get(2).add(g.reshape(dr, 1, gates * hidden, hidden));
      }
      if (n.wants(3)) {
        Value input = g.reduceSum(flatInput, new long[] {0}, true);
        Value recurrent =
            flatHidden.equals(flatInput) ? input : g.reduceSum(flatHidden, new long[] {0}, true);
        parts.get(3).add(g.concat(1, List.of(input, recurrent)));
      }
      parts.get(4).add(g.reshape(gradients.firstHidden, 1, batch, hidden));
      if (gradients.firstCell != null) {
        parts.get(5).add(g.reshape(gradients.firstCell, 1, batch, hidden));
      }
    }

    private Value transposedProduct(Value a, Value b) {
      return g.op("Gemm", List.of(Attr.of("transA", 1)), a, b);
    }

    private Direction direction(int d, boolean reverse) {
      Value bias = n.has(3) ? row(n.in(3), 0, d) : null;
      long width = gates * hidden;
      Value h = g.reshape(g.slice(n.out(0), 1, d, d + 1), time, batch, hidden);
      Value dy =
          n.gradOrNull(0) == null
              ? g.zeros(time, batch, hidden)
              : g.reshape(g.slice(n.grad(), 1, d, d + 1), time, batch, hidden);
      h = reverse ? reversed(h) : h;
      dy = reverse ? reversed(dy) : dy;
      Value lastHidden = last(1, d);
      Value lastCell = last(2, d);
      Value cellGradient = null;
      if (n.has(4)) {
        // What follows a sequence's end is padding: its own output is zero, the last state is the
        // one before.
        Value inside = steps("Less", g.longScalar(0));
        Value end = steps("Equal", g.longScalar(1));
        dy = g.add(g.mul(dy, inside), g.mul(end, lastHidden));
        cellGradient = g.mul(end, lastCell);
        lastHidden = g.zeros(batch, hidden);
        lastCell = lastHidden;
      }
      Value first = n.has(5) ? row(n.in(5), 0, d) : g.zeros(batch, hidden);
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
    private Value steps(String comparison, Value more) {
      long[] numbers = new long[(int) time];
      for (int t = 0; t < time; t++) {
        numbers[t] = t;
      }
      Value step = g.reshape(g.add(g.longs(numbers), more), time, 1, 1);
      return g.toFloat(g.op(comparison, step, g.reshape(lengths(), 1, batch, 1)));
    }

    private Value lengths() {
      return g.cast(n.in(4), TensorProto.DataType.INT64);
    }

    private Value last(int output, int d) {
      Value gradient = n.gradOrNull(output);
      return gradient == null ? g.zeros(batch, hidden) : row(gradient, 0, d);
    }

    private Value row(Value value, int axis, int index) {
      return g.op("Gather", List.of(Attr.of("axis", axis)), value, g.longScalar(index));
    }

    private Value reversed(Value value) {
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
  private static Value shifted(
      GraphBuilder g, Value first, Value values, long time, long batch, long hidden) {
    Value head = g.reshape(first, 1, batch, hidden);
    return time == 1 ? head : g.concat(0, List.of(head, g.slice(values, 0, 0, time - 1)));
  }

  /** c = f c' + i g, h = o tanh(c); gates in the order i, o, f, g. */
  private static Gradients lstm(Direction d) {
    GraphBuilder g = d.g;
    Value a = g.add(d.times(d.x, d.w, d.inputBias), d.times(d.previous, d.r, d.recurrentBias));
    List<Value> gate = d.gates(a, 4);
    Value i = g.op("Sigmoid", gate.get(0));
    Value o = g.op("Sigmoid", gate.get(1));
    Value f = g.op("Sigmoid", gate.get(2));
    Value cand = g.op("Tanh", gate.get(3));
    Value c = cells(d, f, g.mul(i, cand));
    Value tc = g.op("Tanh", c);
    Value previousCell = shifted(g, d.firstCell, c, d.time, d.batch, d.hidden);
    Value slopes =
        g.concat(
            2,
            List.of(
                g.mul(cand, d.sigmoidSlope(i)),
                g.mul(tc, d.sigmoidSlope(o)),
                g.mul(previousCell, d.sigmoidSlope(f)),
                g.mul(i, d.rest(g.square(cand)))));
    Value cellSlope = g.mul(o, d.rest(g.square(tc)));

    GraphBuilder body = g.body();
    TensorType state = TensorType.floats(d.batch, d.hidden);
    Value dh = body.input(body.fresh("dh"), state);
    Value dc = body.input(body.fresh("dc"), state);
    Value dyT = body.input(body.fresh("dy"), state);
    Value slopesT = body.input(body.fresh("slopes"), TensorType.floats(d.batch, 4 * d.hidden));
    Value cellSlopeT = body.input(body.fresh("cellSlope"), state);
    Value forgetT = body.input(body.fresh("forget"), state);
    List<Value> inputs = new ArrayList<>(List.of(d.dy, slopes, cellSlope, f));
    if (d.cellGradient != null) {
      dc = body.add(dc, body.input(body.fresh("cell"), state));
      inputs.add(d.cellGradient);
    }
    Value dhT = body.add(dh, dyT);
    Value dcT = body.add(dc, body.mul(dhT, cellSlopeT));
    Value da = body.mul(body.concat(1, List.of(dcT, dhT, dcT, dcT)), slopesT);
    body.output(body.matMul(da, d.r));
    body.output(body.mul(dcT, forgetT));
    body.output(da);
    List<Value> out = backwardScan(g, body, List.of(d.lastHidden, d.lastCell), inputs, 1);
    return new Gradients(out.get(2), out.get(2), out.get(0), out.get(1), null);
  }

  /** The cell states, which the node does not give: one small Scan. */
  private static Value cells(Direction d, Value forget, Value write) {
    GraphBuilder body = d.g.body();
    TensorType state = TensorType.floats(d.batch, d.hidden);
    Value c = body.input(body.fresh("c"), state);
    Value f = body.input(body.fresh("f"), state);
    Value w = body.input(body.fresh("w"), state);
    Value next = body.add(body.mul(f, c), w);
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
    List<Value> ax = d.gates(d.times(d.x, d.w, d.inputBias), 3);
    List<Value> ah = d.gates(d.times(d.previous, d.r, d.recurrentBias), 3);
    Value z = g.op("Sigmoid", g.add(ax.get(0), ah.get(0)));
    Value r = g.op("Sigmoid", g.add(ax.get(1), ah.get(1)));
    Value cand = g.op("Tanh", g.add(ax.get(2), g.mul(r, ah.get(2))));
    Value kz = g.mul(g.sub(d.previous, cand), d.sigmoidSlope(z));
    Value kn = g.mul(d.rest(z), d.rest(g.square(cand)));
    Value kr = g.mul(g.mul(kn, ah.get(2)), d.sigmoidSlope(r));
    Value hiddenSlopes = g.concat(2, List.of(kz, kr, g.mul(kn, r)));
    Value inputSlopes = g.concat(2, List.of(kz, kr, kn));

    GraphBuilder body = g.body();
    TensorType state = TensorType.floats(d.batch, d.hidden);
    Value dh = body.input(body.fresh("dh"), state);
    Value dyT = body.input(body.fresh("dy"), state);
    Value slopesT = body.input(body.fresh("slopes"), TensorType.floats(d.batch, 3 * d.hidden));
    Value zT = body.input(body.fresh("z"), state);
    Value dhT = body.add(dh, dyT);
    Value da = body.mul(body.concat(1, List.of(dhT, dhT, dhT)), slopesT);
    body.output(body.add(body.matMul(da, d.r), body.mul(dhT, zT)));
    body.output(dhT);
    List<Value> out =
        backwardScan(g, body, List.of(d.lastHidden), List.of(d.dy, hiddenSlopes, z), 1);
    Value all = g.concat(2, List.of(out.get(1), out.get(1), out.get(1)));
    return new Gradients(g.mul(all, inputSlopes), g.mul(all, hiddenSlopes), out.get(0), null, null);
  }

  /** n = tanh(Wn x + Rn (r h') + Rbn). */
  private static Gradients gruClassic(Direction d) {
    GraphBuilder g = d.g;
    long h = d.hidden;
    Value rzr = g.slice(d.r, 0, 0, 2 * h);
    Value rn = g.slice(d.r, 0, 2 * h, 3 * h);
    Value inputs = d.times(d.x, d.w, d.inputBias);
    if (d.recurrentBias != null) {
      inputs = g.add(inputs, d.recurrentBias);
    }
    List<Value> ax = d.gates(inputs, 3);
    List<Value> ah = d.gates(d.times(d.previous, rzr, null), 2);
    Value z = g.op("Sigmoid", g.add(ax.get(0), ah.get(0)));
    Value r = g.op("Sigmoid", g.add(ax.get(1), ah.get(1)));
    Value reset = g.mul(r, d.previous);
    Value cand = g.op("Tanh", g.add(ax.get(2), d.times(reset, rn, null)));
    Value kz = g.mul(g.sub(d.previous, cand), d.sigmoidSlope(z));
    Value kn = g.mul(d.rest(z), d.rest(g.square(cand)));
    Value kr = g.mul(d.previous, d.sigmoidSlope(r));

    GraphBuilder body = g.body();
    TensorType state = TensorType.floats(d.batch, h);
    Value dh = body.input(body.fresh("dh"), state);
    List<Value> in = new ArrayList<>();
    for (String name : List.of("dy", "kz", "kn", "kr", "z", "r")) {
      in.add(body.input(body.fresh(name), state));
    }
    Value dhT = body.add(dh, in.get(0));
    Value dz = body.mul(dhT, in.get(1));
    Value dn = body.mul(dhT, in.get(2));
    Value dReset = body.matMul(dn, rn);
    Value dr = body.mul(dReset, in.get(3));
    Value through = body.matMul(body.concat(1, List.of(dz, dr)), rzr);
    Value direct = body.add(body.mul(dhT, in.get(4)), body.mul(dReset, in.get(5)));
    body.output(body.add(through, direct));
    body.output(body.concat(1, List.of(dz, dr, dn)));
    List<Value> out =
        backwardScan(g, body, List.of(d.lastHidden), List.of(d.dy, kz, kn, kr, z, r), 1);
    Value da = out.get(1);
    long rows = d.time * d.batch;
    Value flat = g.reshape(da, rows, 3 * h);
    List<AttributeProto> transA = List.of(Attr.of("transA", 1));
    Value dzr = g.op("Gemm", transA, g.slice(flat, 1, 0, 2 * h), g.reshape(d.previous, rows, h));
    Value dn2 = g.op("Gemm", transA, g.slice(flat, 1, 2 * h, 3 * h), g.reshape(reset, rows, h));
    return new Gradients(da, da, out.get(0), null, g.concat(0, List.of(dzr, dn2)));
  }

  /** h = tanh(W x + R h'), or relu. */
  private static Gradients rnn(Direction d) {
    GraphBuilder g = d.g;
    AttributeProto activations = Attr.find(d.n.node(), "activations");
    boolean relu =
        activations != null && activations.getStrings(0).toStringUtf8().equalsIgnoreCase("relu");
    Value slope = relu ? g.toFloat(g.op("Greater", d.h, g.scalar(0))) : d.rest(g.square(d.h));
    GraphBuilder body = g.body();
    TensorType state = TensorType.floats(d.batch, d.hidden);
    Value dh = body.input(body.fresh("dh"), state);
    Value dyT = body.input(body.fresh("dy"), state);
    Value slopeT = body.input(body.fresh("slope"), state);
    Value da = body.mul(body.add(dh, dyT), slopeT);
    body.output(body.matMul(da, d.r));
    body.output(da);
    List<Value> out = backwardScan(g, body, List.of(d.lastHidden), List.of(d.dy, slope), 1);
    return new Gradients(out.get(1), out.get(1), out.get(0), null, null);
  }

  private static List<Value> backwardScan(
      GraphBuilder g, GraphBuilder body, List<Value> states, List<Value> inputs, int outputs) {
    return scan(g, body, states, inputs, outputs, true);
  }

  private static List<Value> scan(
      GraphBuilder g,
      GraphBuilder body,
      List<Value> states,
      List<Value> inputs,
      int outputs,
      boolean backwards) {
    List<Value> in = new ArrayList<>(states);
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
