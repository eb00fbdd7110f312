package dev.sampo.embedding;

import dev.sampo.internal.Matrices;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Tensor;
import dev.sampo.tokenizer.Encoding;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs an encoder over a padded batch of encodings. Thread-safe. */
final class EncoderGraph implements AutoCloseable {
  private final Graph graph;
  private final int padId;

  EncoderGraph(Graph graph, int padId) {
    this.graph = graph;
    this.padId = padId;
    for (String name : graph.inputs().keySet()) {
      if (!List.of("input_ids", "attention_mask", "token_type_ids", "position_ids", "pixel_values")
          .contains(name)) {
        throw new IllegalArgumentException(
            "Input '"
                + name
                + "' of "
                + graph.name()
                + " is unknown for an encoder. Known: input_ids, attention_mask, token_type_ids,"
                + " position_ids, pixel_values.");
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
    List<Tensor> made = new java.util.ArrayList<>(inputs.values());
    inputs.putAll(more);
    inputs.keySet().retainAll(graph.inputs().keySet());
    try {
      return graph.run(inputs, Collections.singleton(output), token);
    } finally {
      made.forEach(Tensor::close);
    }
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
