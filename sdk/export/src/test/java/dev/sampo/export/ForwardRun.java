package dev.sampo.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs the graphs of an exported folder on the cases of a {@code forward.jsonl}. */
final class ForwardRun implements AutoCloseable {
  private static final double TOLERANCE = 2e-4;

  private final ModelFolder folder;
  private final Map<String, Graph> graphs = new HashMap<>();

  private ForwardRun(ModelFolder folder) {
    this.folder = folder;
  }

  static ForwardRun open(Path path, boolean plain) {
    ForwardRun run = new ForwardRun(ModelFolder.open(path));
    SessionConfig session = SessionConfig.builder().intraOpThreads(1).build();
    for (String name : run.folder.graphs().keySet()) {
      run.graphs.put(name, run.folder.load(name, session));
    }
    assertTrue(!run.graphs.isEmpty(), "No graph in " + path + (plain ? " (plain)" : ""));
    return run;
  }

  @Override
  public void close() {
    graphs.values().forEach(Graph::close);
  }

  void check(JsonNode line) {
    if (folder.family() == Family.ENCODER_DECODER) {
      encoderDecoder(line);
    } else if (line.has("last_logits")) {
      decoder(line);
    } else {
      encoder(line);
    }
  }

  // ---- decoder-only

  /** The graphs of the fast form take positions from the mask and want padding on the right. */
  private void decoder(JsonNode line) {
    Graph graph = graphs.get("model");
    boolean right = !graph.inputs().containsKey("position_ids");
    int[][] ids = WeightsGoldenTest.matrix(line.get("input_ids"));
    int[][] mask = WeightsGoldenTest.matrix(line.get("attention_mask"));
    int columns = ids[0].length;
    int[] last = new int[ids.length];
    for (int r = 0; r < ids.length; r++) {
      last[r] = columns - 1;
      if (right) {
        int padding = 0;
        while (mask[r][padding] == 0) {
          padding++;
        }
        ids[r] = turned(ids[r], padding);
        mask[r] = turned(mask[r], padding);
        last[r] = columns - 1 - padding;
      }
    }
    Map<String, Tensor> inputs = new HashMap<>();
    inputs.put("input_ids", longs(ids));
    inputs.put("attention_mask", longs(mask));
    if (!right) {
      inputs.put("position_ids", longs(WeightsGoldenTest.matrix(line.get("position_ids"))));
    }
    if (graph.inputs().containsKey("num_logits_to_keep")) {
      inputs.put("num_logits_to_keep", Tensor.ofLongs(Shape.scalar(), columns));
    }
    emptyPasts(graph, inputs, ids.length);
    try (Outputs outputs = graph.run(inputs)) {
      compareRows(line.get("last_logits"), outputs.get("logits"), last);
    } finally {
      inputs.values().forEach(Tensor::close);
    }
  }

  private static int[] turned(int[] row, int padding) {
    int[] turned = new int[row.length];
    System.arraycopy(row, padding, turned, 0, row.length - padding);
    return turned;
  }

  private static void emptyPasts(Graph graph, Map<String, Tensor> inputs, int rows) {
    for (Map.Entry<String, TensorInfo> input : graph.inputs().entrySet()) {
      if (input.getKey().startsWith("past_key_values.")) {
        Shape shape = input.getValue().shape();
        inputs.put(
            input.getKey(),
            Tensor.allocate(ElementType.FLOAT32, Shape.of(rows, shape.dim(1), 0, shape.dim(3))));
      }
    }
  }

  // ---- encoder-decoder

  private void encoderDecoder(JsonNode line) {
    List<Tensor> made = new ArrayList<>();
    Map<String, Tensor> inputs = new HashMap<>();
    if (line.has("input_features")) {
      inputs.put("input_features", WeightsGoldenTest.features(line));
    } else {
      inputs.put("input_ids", longs(WeightsGoldenTest.matrix(line.get("input_ids"))));
      inputs.put("attention_mask", longs(WeightsGoldenTest.matrix(line.get("attention_mask"))));
    }
    made.addAll(inputs.values());
    try (Outputs encoded = graphs.get("encoder").run(inputs)) {
      Graph decoder = graphs.get("decoder");
      int[][] ids = WeightsGoldenTest.matrix(line.get("decoder_input_ids"));
      Map<String, Tensor> decoderInputs = new HashMap<>();
      decoderInputs.put("input_ids", longs(ids));
      decoderInputs.put("encoder_hidden_states", encoded.get("last_hidden_state"));
      if (inputs.containsKey("attention_mask")) {
        decoderInputs.put("encoder_attention_mask", inputs.get("attention_mask"));
      }
      made.add(decoderInputs.get("input_ids"));
      decoderInputs.keySet().retainAll(decoder.inputs().keySet());
      int[] last = new int[ids.length];
      java.util.Arrays.fill(last, ids[0].length - 1);
      try (Outputs outputs = decoder.run(decoderInputs)) {
        compareRows(line.get("last_logits"), outputs.get("logits"), last);
      }
    } finally {
      made.forEach(Tensor::close);
    }
  }

  // ---- encoder

  private void encoder(JsonNode line) {
    Graph graph = graphs.values().iterator().next();
    int[][] mask = WeightsGoldenTest.matrix(line.get("attention_mask"));
    int[][] types = new int[mask.length][mask[0].length];
    Map<String, Tensor> inputs = new HashMap<>();
    inputs.put("input_ids", longs(WeightsGoldenTest.matrix(line.get("input_ids"))));
    inputs.put("attention_mask", longs(mask));
    inputs.put(
        "token_type_ids",
        longs(
            line.has("token_type_ids")
                ? WeightsGoldenTest.matrix(line.get("token_type_ids"))
                : types));
    List<Tensor> made = new ArrayList<>(inputs.values());
    inputs.keySet().retainAll(graph.inputs().keySet());
    try (Outputs outputs =
        graph.run(inputs, java.util.Set.of("last_hidden_state"), CancellationToken.none())) {
      Tensor hidden = outputs.get("last_hidden_state");
      compareRows(line.get("last_hidden_first"), hidden, new int[mask.length]);
      compareMeans(line.get("mean_pooled"), hidden, mask);
    } finally {
      made.forEach(Tensor::close);
    }
  }

  private static void compareMeans(JsonNode expected, Tensor hidden, int[][] mask) {
    float[] values = hidden.toFloats();
    int columns = (int) hidden.shape().dim(1);
    int size = (int) hidden.shape().dim(2);
    for (int r = 0; r < mask.length; r++) {
      for (int i = 0; i < size; i++) {
        double sum = 0;
        int count = 0;
        for (int c = 0; c < columns; c++) {
          if (mask[r][c] == 1) {
            sum += values[(r * columns + c) * size + i];
            count++;
          }
        }
        assertEquals(expected.get(r).get(i).asDouble(), sum / count, TOLERANCE, "mean of row " + r);
      }
    }
  }

  // ---- both

  /** Compares one position of each row of values [rows, columns, size]. */
  private static void compareRows(JsonNode expected, Tensor actual, int[] column) {
    float[] values = actual.toFloats();
    int columns = (int) actual.shape().dim(1);
    int size = (int) actual.shape().dim(2);
    assertEquals(expected.size(), actual.shape().dim(0));
    for (int r = 0; r < column.length; r++) {
      assertEquals(expected.get(r).size(), size);
      for (int i = 0; i < size; i++) {
        assertEquals(
            expected.get(r).get(i).asDouble(),
            values[(r * columns + column[r]) * size + i],
            TOLERANCE,
            "row " + r + " number " + i);
      }
    }
  }

  static Tensor longs(int[][] rows) {
    long[] flat = new long[rows.length * rows[0].length];
    for (int r = 0; r < rows.length; r++) {
      for (int i = 0; i < rows[r].length; i++) {
        flat[r * rows[r].length + i] = rows[r][i];
      }
    }
    return Tensor.ofLongs(Shape.of(rows.length, rows[0].length), flat);
  }
}
