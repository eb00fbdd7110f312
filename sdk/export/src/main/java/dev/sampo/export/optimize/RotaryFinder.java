package dev.sampo.export.optimize;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.NodeProto;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds rotary embeddings of halves, {@code x cos + (-x2, x1) sin}, of a whole head or of its first part, and makes the tables that
 * GroupQueryAttention takes from the graph's own cosines and sines.
 */
final class RotaryFinder {
  private static final int FEW = 5;

  private final GraphView view;
  private final Slices slices;
  private final int positions;
  private final Map<String, Table> tables = new HashMap<>();

  /** Cosines or sines of all positions [positions, half], or what says that there is none. */
  @SuppressWarnings("ArrayRecordComponent")
  record Table(int half, float[] numbers) {
    boolean isSame(@Nullable Table other) {
      return other != null && java.util.Arrays.equals(numbers, other.numbers);
    }
  }

  /**
   * @param positions most positions that the model takes
   */
  RotaryFinder(GraphView view, Slices slices, int positions) {
    this.view = view;
    this.slices = slices;
    this.positions = positions;
  }

  /** How a value was turned, or null where it was not or in a way that is not known. */
  @Nullable Turned find(String name) {
    NodeProto node = view.maker(view.through(name));
    if (node == null) {
      return null;
    }
    if (node.getOpType().equals("Concat") && node.getInputCount() == 2) {
      return part(node);
    }
    return whole(node);
  }

  private @Nullable Turned whole(@Nullable NodeProto add) {
    if (add == null || !add.getOpType().equals("Add")) {
      return null;
    }
    NodeProto a = view.maker(add.getInput(0), "Mul");
    NodeProto b = view.maker(add.getInput(1), "Mul");
    if (a == null || b == null) {
      return null;
    }
    Turned found = of(a, b);
    return found != null ? found : of(b, a);
  }

  private @Nullable Turned of(NodeProto plain, NodeProto turned) {
    for (int i = 0; i < 2; i++) {
      String halves = halves(turned.getInput(i));
      if (halves == null) {
        continue;
      }
      for (int k = 0; k < 2; k++) {
        if (view.through(plain.getInput(k)).equals(halves)) {
          return new Turned(halves, plain.getInput(1 - k), turned.getInput(1 - i));
        }
      }
    }
    return null;
  }

  /** The value whose halves were exchanged, the second one negative. */
  private @Nullable String halves(String name) {
    NodeProto concat = view.maker(name, "Concat");
    if (concat == null || concat.getInputCount() != 2) {
      return null;
    }
    NodeProto negative = view.maker(concat.getInput(0), "Neg");
    String second = negative == null ? null : cutFrom(negative.getInput(0));
    String first = cutFrom(concat.getInput(1));
    return first != null && first.equals(second) ? first : null;
  }

  /** What a value is a piece of. */
  private @Nullable String cutFrom(String name) {
    NodeProto node = view.maker(view.through(name));
    if (node == null || !node.getOpType().equals("Slice") && !node.getOpType().equals("Split")) {
      return null;
    }
    if (node.getOpType().equals("Slice") && !GraphView.input(node, 4).isEmpty()) {
      try {
        long[] steps = view.longs(node.getInput(4));
        if (steps == null || steps.length != 1 || steps[0] != 1) {
          return null;
        }
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    return view.through(node.getInput(0));
  }

  /** The first part of a head turned, the rest as it was. */
  private @Nullable Turned part(NodeProto concat) {
    long axis = Attr.getInt(concat, "axis", 0);
    Turned first =
        axis == -1 || axis == 3 ? whole(view.maker(view.through(concat.getInput(0)))) : null;
    String rest = cutFrom(concat.getInput(1));
    String whole = first == null ? null : cutFrom(first.before());
    return whole != null && whole.equals(rest) ? new Turned(whole, first.cos(), first.sin()) : null;
  }

  /** The table of a value that depends on positions alone, or null where it does not or differs by the length of the text. */
  @Nullable Table table(String name) throws IOException {
    if (!tables.containsKey(name)) {
      tables.put(name, make(name));
    }
    return tables.get(name);
  }

  private @Nullable Table make(String name) throws IOException {
    Slices.Values all = slices.run(name, new Slices.Run(0, positions), null);
    if (all == null || all.numbers().length % (2 * positions) != 0) {
      return null;
    }
    int width = all.numbers().length / positions;
    int half = width / 2;
    float[] numbers = new float[positions * half];
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < half; i++) {
        float x = all.numbers()[p * width + i];
        if (x != all.numbers()[p * width + half + i]) {
          return null;
        }
        numbers[p * half + i] = x;
      }
    }
    for (Slices.Run run :
        new Slices.Run[] {new Slices.Run(0, FEW), new Slices.Run(positions / 2, 1)}) {
      Slices.Values few = slices.run(name, run, null);
      if (few == null || few.numbers().length != run.count() * width) {
        return null;
      }
      for (int i = 0; i < few.numbers().length; i++) {
        float wanted = all.numbers()[run.past() * width + i];
        if (Math.abs(few.numbers()[i] - wanted) > 1e-6f) {
          return null;
        }
      }
    }
    return new Table(half, numbers);
  }

  /** A table as a constant of the graph; returns its name. */
  String constant(Table table, String hint) {
    String name = view.graph().fresh(hint);
    view.graph()
        .initializer(Tensors.ofFloats(name, new long[] {positions, table.half()}, table.numbers()));
    return name;
  }
}
