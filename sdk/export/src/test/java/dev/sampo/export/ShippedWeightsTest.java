package dev.sampo.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The weights of a model that ships, taken out of its graph and written as transformers would save them: the graph made of them is the same model. */
class ShippedWeightsTest {
  private static final Path SHIPPED =
      Path.of(System.getProperty("sampo.home", "../.."), "exporter-specs/models/scripture-gpt");
  private static final List<String> PRODUCTS =
      List.of(
          "self_attn.q_proj",
          "self_attn.k_proj",
          "self_attn.v_proj",
          "self_attn.o_proj",
          "mlp.gate_proj",
          "mlp.up_proj",
          "mlp.down_proj");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void export_whenWeightsOfTheShippedModel_thenSameIdsAndPerplexity(boolean plain)
      throws IOException {
    Path weights = Files.createDirectory(folder.resolve("weights"));
    for (String name :
        List.of(
            "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(SHIPPED.resolve(name), weights.resolve(name));
    }
    write(
        weights.resolve("model.safetensors"),
        tensors(Models.read(SHIPPED.resolve("model.onnx")).getGraph()));
    Path made = folder.resolve("graphs");
    GraphExport.of(weights).plain(plain).to(made);
    String verse = "And God said, Let there be light: and there was light. And God saw the light";
    GenerationRequest request =
        GenerationRequest.builder()
            .prompt("In the beginning God created")
            .config(GenerationConfig.builder().maxNewTokens(60).doSample(false).build())
            .build();
    try (TextGenerator ships = TextGenerator.open(SHIPPED);
        TextGenerator ours = TextGenerator.open(made)) {
      assertArrayEquals(
          ships.generate(request).sequence().ids(), ours.generate(request).sequence().ids());
      double wanted = ships.score(verse).perplexity();
      assertEquals(wanted, ours.score(verse).perplexity(), 1e-4 * wanted);
    }
  }

  /** Linear layers are stored the other way round, and a layer takes its seven in turn. */
  private static Map<String, float[][]> tensors(GraphProto graph) {
    Map<String, TensorProto> held = new LinkedHashMap<>();
    graph.getInitializerList().forEach(tensor -> held.put(tensor.getName(), tensor));
    Map<String, float[][]> tensors = new LinkedHashMap<>();
    held.forEach(
        (name, tensor) -> {
          if (name.startsWith("gpt.")) {
            tensors.put("model." + name.substring(4), rows(tensor));
          }
        });
    int count = 0;
    for (NodeProto node : graph.getNodeList()) {
      TensorProto weight = node.getInputCount() < 2 ? null : held.get(node.getInput(1));
      if (node.getOpType().equals("MatMul") && weight != null) {
        String name =
            "model.layers."
                + count / PRODUCTS.size()
                + "."
                + PRODUCTS.get(count % PRODUCTS.size())
                + ".weight";
        tensors.put(name, transposed(rows(weight)));
        count++;
      }
    }
    assertEquals(28, count);
    return tensors;
  }

  /** A vector is one row. */
  private static float[][] rows(TensorProto tensor) {
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    int dims = tensor.getDimsCount();
    float[][] rows =
        new float[dims == 1 ? 1 : (int) tensor.getDims(0)][(int) tensor.getDims(dims - 1)];
    for (float[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        row[i] = raw.getFloat();
      }
    }
    return rows;
  }

  private static float[][] transposed(float[][] rows) {
    float[][] turned = new float[rows[0].length][rows.length];
    for (int r = 0; r < rows.length; r++) {
      for (int c = 0; c < rows[r].length; c++) {
        turned[c][r] = rows[r][c];
      }
    }
    return turned;
  }

  private static void write(Path file, Map<String, float[][]> tensors) throws IOException {
    ObjectNode header = new ObjectMapper().createObjectNode();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (Map.Entry<String, float[][]> tensor : tensors.entrySet()) {
      float[][] rows = tensor.getValue();
      int from = data.size();
      for (float[] row : rows) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * row.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(row);
        data.write(bytes.array());
      }
      ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "F32");
      var shape = entry.putArray("shape");
      if (rows.length > 1) {
        shape.add(rows.length);
      }
      shape.add(rows[0].length);
      entry.putArray("data_offsets").add(from).add(data.size());
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    ByteBuffer head = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(padded.length);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(head.array());
    all.write(padded);
    data.writeTo(all);
    Files.write(file, all.toByteArray());
  }
}
