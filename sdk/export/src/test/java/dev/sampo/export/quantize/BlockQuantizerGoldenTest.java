package dev.sampo.export.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The same bytes as ONNX Runtime's Python tool; made by {@code exporter-specs/python/sampo_exporters/quantize_goldens.py}. */
class BlockQuantizerGoldenTest {
  private static Path file() throws URISyntaxException {
    String root = System.getProperty("sampo.golden");
    if (root != null && Files.exists(Path.of(root).resolve("text/quantize/blocks.jsonl"))) {
      return Path.of(root).resolve("text/quantize/blocks.jsonl");
    }
    return Path.of(
        BlockQuantizerGoldenTest.class.getResource("/golden/text/quantize/blocks.jsonl").toURI());
  }

  @TestFactory
  List<DynamicTest> row_whenGoldenMatrix_thenBytesOfThePythonTool()
      throws IOException, URISyntaxException {
    List<DynamicTest> tests = new ArrayList<>();
    for (String line : Files.readAllLines(file())) {
      JsonNode golden = new ObjectMapper().readTree(line);
      tests.add(
          DynamicTest.dynamicTest(
              golden.get("bits")
                  + " bits, block "
                  + golden.get("block")
                  + ", symmetric "
                  + golden.get("symmetric"),
              () -> check(golden)));
    }
    assertEquals(false, tests.isEmpty());
    return tests;
  }

  private static void check(JsonNode golden) {
    int k = golden.get("shape").get(0).asInt();
    int n = golden.get("shape").get(1).asInt();
    BlockQuantizer quantizer =
        new BlockQuantizer(
            golden.get("bits").asInt(),
            golden.get("block").asInt(),
            golden.get("symmetric").asBoolean(),
            k);
    StringBuilder codes = new StringBuilder();
    StringBuilder scales = new StringBuilder();
    StringBuilder zeros = new StringBuilder();
    for (int column = 0; column < n; column++) {
      float[] row = new float[k];
      for (int i = 0; i < k; i++) {
        row[i] = (float) golden.get("weights").get(i * n + column).asDouble();
      }
      byte[] rowCodes = new byte[quantizer.rowBytes()];
      float[] rowScales = new float[quantizer.blocks()];
      byte[] rowZeros = new byte[quantizer.zeroBytes()];
      quantizer.row(row, rowCodes, rowScales, rowZeros);
      codes.append(HexFormat.of().formatHex(rowCodes));
      ByteBuffer buffer = ByteBuffer.allocate(4 * rowScales.length).order(ByteOrder.LITTLE_ENDIAN);
      buffer.asFloatBuffer().put(rowScales);
      scales.append(HexFormat.of().formatHex(buffer.array()));
      zeros.append(HexFormat.of().formatHex(rowZeros));
    }
    assertEquals(golden.get("scales").asText(), scales.toString());
    assertEquals(golden.get("codes").asText(), codes.toString());
    if (!golden.get("symmetric").asBoolean()) {
      assertEquals(golden.get("zeros").asText(), zeros.toString());
    }
  }
}
