package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxFileTest {
  @TempDir Path folder;

  @Test
  void read_whenWritten_givesEverything() throws IOException {
    byte[] bytes =
        new TinyOnnx()
            .in("z float32 batch,64", "step int64", "w float32 3,5")
            .out("sample float16 batch,?,28,28")
            .weight("w", "float32", 3, 5)
            .weight("q", "int8", 7)
            .weight("shape", "int64", 4)
            .bytes();
    Path file = Files.write(folder.resolve("m.onnx"), bytes);
    OnnxFile onnx = OnnxFile.read(file);
    assertEquals("{z=float32 [batch,64], step=int64 []}", onnx.description().inputs().toString());
    assertEquals("{sample=float16 [batch,?,28,28]}", onnx.description().outputs().toString());
    assertEquals(22, onnx.parameterCount());
    assertEquals(17, onnx.opset());
    assertEquals("tests", onnx.producer());
    assertEquals(bytes.length, onnx.sizeBytes());
  }

  @Test
  void read_whenWeightIsOneLargeByte_thenItIsNoNumberOfProtobufs() throws IOException {
    byte[] bytes =
        new TinyOnnx()
            .in("x float32 3")
            .out("y float32 3")
            .scalar("zero_point", "uint8", (byte) 200)
            .node("Identity", "x", "y")
            .bytes();
    OnnxFile onnx = OnnxFile.read(Files.write(folder.resolve("m.onnx"), bytes));
    assertEquals("{y=float32 [3]}", onnx.description().outputs().toString());
  }

  @Test
  void read_whenReal_agreesWithOnnxRuntime() {
    for (String name :
        Arrays.asList("add", "types", "cache", "loop", "product", "product_external")) {
      Path file = Graphs.path(name + ".onnx");
      try (Graph graph = Graph.load(file, SessionConfig.defaults())) {
        OnnxFile onnx = OnnxFile.read(file);
        assertEquals(describe(graph.inputs()), onnx.description().inputs().toString());
        assertEquals(describe(graph.outputs()), onnx.description().outputs().toString());
      }
    }
  }

  private static String describe(Map<String, TensorInfo> infos) {
    Map<String, String> all = new LinkedHashMap<>();
    infos.forEach((name, info) -> all.put(name, info.type() + " " + info.shape()));
    return all.toString();
  }

  @Test
  void read_whenWeightsAreExternal_countsThem() {
    OnnxFile onnx = OnnxFile.read(Graphs.path("product_external.onnx"));
    assertEquals(4096, onnx.parameterCount());
    assertEquals(Arrays.asList("product_external.onnx.data"), onnx.externalData());
    assertEquals(onnx.path().toFile().length() + 16384, onnx.sizeBytes());
  }

  @Test
  void read_whenTruncatedAnywhere_namesTheFile() throws IOException {
    byte[] whole = Files.readAllBytes(Graphs.path("product.onnx"));
    Path file = folder.resolve("m.onnx");
    for (int length = 1; length < 16450; length += length < 200 ? 1 : 499) {
      Files.write(file, Arrays.copyOf(whole, length));
      String message = assertThrows(ModelException.class, () -> OnnxFile.read(file)).getMessage();
      assertTrue(message.contains(file.toString()), message);
    }
  }

  @Test
  void read_whenGarbage_neverFailsOtherwise() throws IOException {
    Path file = folder.resolve("m.onnx");
    byte[] good = Files.readAllBytes(Graphs.path("cache.onnx"));
    Random random = new Random(7);
    for (int round = 0; round < 3000; round++) {
      byte[] bytes = good.clone();
      for (int i = 0; i <= random.nextInt(5); i++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(file, bytes);
      try {
        OnnxFile.read(file);
      } catch (SampoException e) {
        assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
      }
    }
  }

  @Test
  void read_whenMissingOrEmpty_says() throws IOException {
    Path file = folder.resolve("m.onnx");
    assertEquals(
        "Model file " + file + " does not exist. Check the path, or export the model again.",
        assertThrows(ModelException.class, () -> OnnxFile.read(file)).getMessage());
    Files.write(file, new byte[0]);
    assertEquals(
        "Model file " + file + " is empty. Fetch or export it again.",
        assertThrows(ModelException.class, () -> OnnxFile.read(file)).getMessage());
  }

  @Test
  void read_whenExternalDataIsBad_says() throws IOException {
    Path file =
        new TinyOnnx().externalWeight("w", "w.bin", 64, 400).write(folder.resolve("m.onnx"));
    String missing = assertThrows(ModelException.class, () -> OnnxFile.read(file)).getMessage();
    assertTrue(missing.contains("w.bin, which does not exist"), missing);
    Files.write(folder.resolve("w.bin"), new byte[300]);
    String shortened = assertThrows(ModelException.class, () -> OnnxFile.read(file)).getMessage();
    assertTrue(shortened.contains("it has 300 bytes, the model needs 464"), shortened);
    Path escaping =
        new TinyOnnx().externalWeight("w", "../w.bin", 0, 4).write(folder.resolve("sub/m.onnx"));
    String escape = assertThrows(ModelException.class, () -> OnnxFile.read(escaping)).getMessage();
    assertTrue(escape.contains("'../w.bin'") && escape.contains("leaves the folder"), escape);
  }

  /** Field number and length before the bytes of a message. */
  private static byte[] field(int number, byte[] content) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    out.write(number << 3 | 2);
    int length = content.length;
    while (length > 127) {
      out.write(length & 127 | 128);
      length >>>= 7;
    }
    out.write(length);
    out.writeBytes(content);
    return out.toByteArray();
  }

  @Test
  void read_whenGraphsAreNestedForEver_saysSo() throws IOException {
    byte[] graph = new byte[0];
    for (int i = 0; i < 20_000; i++) {
      graph = field(1, field(5, field(6, graph)));
      if (graph.length > 300_000) {
        break;
      }
    }
    Path file = Files.write(folder.resolve("deep.onnx"), field(7, graph));
    ModelException e = assertThrows(ModelException.class, () -> OnnxFile.read(file));
    assertEquals(file, e.path());
    assertTrue(e.getMessage().contains("nested more than 64 deep"), e.getMessage());
  }

  @Test
  void read_whenAPlaceIsNegativeOrHuge_saysSo() throws IOException {
    for (String[] place :
        new String[][] {
          {"-1", "4", "negative"},
          {"0", "-4", "negative"},
          {"9223372036854775807", "9223372036854775807", "truncated"}
        }) {
      byte[] entries =
          concat(
              field(13, concat(field(1, "location".getBytes()), field(2, "w.bin".getBytes()))),
              field(13, concat(field(1, "offset".getBytes()), field(2, place[0].getBytes()))),
              field(13, concat(field(1, "length".getBytes()), field(2, place[1].getBytes()))));
      Files.write(folder.resolve("w.bin"), new byte[8]);
      Path file = Files.write(folder.resolve("m.onnx"), field(7, field(5, entries)));
      ModelException e = assertThrows(ModelException.class, () -> OnnxFile.read(file));
      assertTrue(e.getMessage().contains(place[2]), e.getMessage());
    }
  }

  private static byte[] concat(byte[]... parts) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
