package dev.sampo.embedding;

import dev.sampo.error.ModelException;
import dev.sampo.internal.Matrices;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import dev.sampo.tokenizer.Encoding;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs an encoder over a padded batch of encodings. Thread-safe. */
final class EncoderGraph implements AutoCloseable {
  private static final List<String> KNOWN =
      List.of("input_ids", "attention_mask", "token_type_ids", "position_ids", "pixel_values");

  /** Decoders that were exported for embeddings still ask for a past: it is empty. */
  private static final String PAST = "past_key_values.";

  private final Graph graph;
  private final int padId;

  EncoderGraph(Graph graph, int padId) {
    this.graph = graph;
    this.padId = padId;
    for (String name : graph.inputs().keySet()) {
      if (!KNOWN.contains(name) && !name.startsWith(PAST) && !name.equals("use_cache_branch")) {
        throw new ModelException(
            graph.path(),
            "Input '"
                + name
                + "' of "
                + graph.name()
                + " is unknown for an encoder. Known: "
                + KNOWN);
      }
    }
  }

  Graph graph() {
    return graph;
  }

  /** A batch, padded on the right. */
  static final class Batch {
    final int[][] ids;
    final int[][] mask;
    final int[][] types;

    Batch(List<Encoding> encodings, int padId) {
      int width = 1;
      for (Encoding encoding : encodings) {
        width = Math.max(width, encoding.length());
      }
      ids = new int[encodings.size()][width];
      mask = new int[encodings.size()][width];
      types = new int[encodings.size()][width];
      for (int r = 0; r < ids.length; r++) {
        Encoding encoding = encodings.get(r);
        java.util.Arrays.fill(ids[r], padId);
        System.arraycopy(encoding.ids(), 0, ids[r], 0, encoding.length());
        System.arraycopy(encoding.typeIds(), 0, types[r], 0, encoding.length());
        java.util.Arrays.fill(mask[r], 0, encoding.length(), 1);
      }
    }
  }

  Batch batch(List<Encoding> encodings) {
    return new Batch(encodings, padId);
  }

  /** Runs the graph for one output. The caller closes the outputs. */
  Outputs run(Batch batch, String output, Map<String, Tensor> more, CancellationToken token) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put("input_ids", Matrices.longs(batch.ids));
    inputs.put("attention_mask", Matrices.longs(batch.mask));
    inputs.put("token_type_ids", Matrices.longs(batch.types));
    inputs.put("position_ids", Matrices.longs(positions(batch.ids)));
    graph
        .inputs()
        .forEach(
            (name, info) -> past(name, info, batch.ids.length).ifPresent(t -> inputs.put(name, t)));
    List<Tensor> made = new java.util.ArrayList<>(inputs.values());
    inputs.putAll(more);
    inputs.keySet().retainAll(graph.inputs().keySet());
    try {
      return graph.run(inputs, Collections.singleton(output), token);
    } finally {
      made.forEach(Tensor::close);
    }
  }

  /** What stands for "nothing was read before": caches of length 0, and the branch without one. */
  private static Optional<Tensor> past(String name, TensorInfo info, int rows) {
    if (name.equals("use_cache_branch")) {
      return Optional.of(Tensor.allocate(ElementType.BOOL, Shape.of(1)));
    }
    if (!name.startsWith(PAST)) {
      return Optional.empty();
    }
    long[] dims = info.shape().dims();
    boolean first = true;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < 0) {
        dims[i] = first ? rows : 0;
        first = false;
      }
    }
    return Optional.of(Tensor.allocate(info.type(), Shape.of(dims)));
  }

  private static int[][] positions(int[][] ids) {
    int[][] positions = new int[ids.length][ids[0].length];
    for (int[] row : positions) {
      for (int i = 0; i < row.length; i++) {
        row[i] = i;
      }
    }
    return positions;
  }

  @Override
  public void close() {
    graph.close();
  }
}
