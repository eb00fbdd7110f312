package dev.sampo.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.StringStringEntryProto;
import dev.sampo.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelsTest {
  @TempDir Path folder;

  private static TensorProto external(String... place) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName("w")
            .addDims(2)
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL);
    for (int i = 0; i < place.length; i += 2) {
      tensor.addExternalData(
          StringStringEntryProto.newBuilder().setKey(place[i]).setValue(place[i + 1]));
    }
    return tensor.build();
  }

  private Path write(Path where, TensorProto... weights) throws IOException {
    GraphProto.Builder graph = GraphProto.newBuilder();
    for (TensorProto weight : weights) {
      graph.addInitializer(weight);
    }
    Models.write(ModelProto.newBuilder().setGraph(graph).build(), where);
    return where;
  }

  private static void data(Path file, float... values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes.array());
  }

  @Test
  void read_whenWeightsLieBeside_readsThemAlsoInBodiesAndConstants() throws IOException {
    data(folder.resolve("sub/w.bin"), 9, 1, 2, 3);
    TensorProto weight = external("location", "sub/w.bin", "offset", "4", "length", "8");
    NodeProto constant =
        NodeProto.newBuilder().setOpType("Constant").addAttribute(Attr.of("value", weight)).build();
    GraphProto body = GraphProto.newBuilder().addNode(constant).addInitializer(weight).build();
    NodeProto branch =
        NodeProto.newBuilder().setOpType("If").addAttribute(Attr.of("then_branch", body)).build();
    Path file = folder.resolve("m.onnx");
    Models.write(
        ModelProto.newBuilder()
            .setGraph(GraphProto.newBuilder().addInitializer(weight).addNode(branch))
            .build(),
        file);
    GraphProto graph = Models.read(file).getGraph();
    assertArrayEquals(new float[] {1, 2}, Tensors.toFloats(graph.getInitializer(0)));
    AttributeProto then = graph.getNode(0).getAttribute(0);
    assertArrayEquals(new float[] {1, 2}, Tensors.toFloats(then.getG().getInitializer(0)));
    assertArrayEquals(
        new float[] {1, 2}, Tensors.toFloats(then.getG().getNode(0).getAttribute(0).getT()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "offset -4 length 8 | negative offset -4",
        "offset 0 length -1 | negative length -1",
        "offset x length 8 | which is no number",
        "offset 99999999999999999999 | which is no number",
        "offset 9223372036854775807 length 9223372036854775807 | which has 16",
        "offset 12 length 8 | which has 16",
        "offset 17 | which has 16",
      })
  void read_whenAPlaceCannotBe_saysSo(String place, String wanted) throws IOException {
    data(folder.resolve("w.bin"), 0, 1, 2, 3);
    Path file = write(folder.resolve("m.onnx"), external(("location w.bin " + place).split(" ")));
    ModelException e = assertThrows(ModelException.class, () -> Models.read(file));
    assertTrue(e.getMessage().contains(wanted), e.getMessage());
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
  }

  @Test
  void read_whenAPlaceLeavesTheFolder_refuses() throws IOException {
    Path outside = folder.resolve("secret.bin");
    data(outside, 1, 2);
    Path inside = Files.createDirectory(folder.resolve("model"));
    Files.createSymbolicLink(inside.resolve("link.bin"), outside);
    for (String location : new String[] {outside.toString(), "../secret.bin", "link.bin", ""}) {
      Path file = write(inside.resolve("m.onnx"), external("location", location));
      ModelException e = assertThrows(ModelException.class, () -> Models.read(file), location);
      assertTrue(e.getMessage().contains("outside") || e.getMessage().contains("leaves"));
    }
  }

  @Test
  void read_whenNoGraph_saysWhichFile() throws IOException {
    for (byte[] bytes : new byte[][] {{}, {1, 2, 3}, "no model".getBytes()}) {
      Path file = Files.write(folder.resolve("bad.onnx"), bytes);
      ModelException e = assertThrows(ModelException.class, () -> Models.read(file));
      assertEquals(file, e.path());
    }
    Path missing = folder.resolve("missing.onnx");
    assertThrows(ModelException.class, () -> Models.read(missing));
  }

  @Test
  void read_whenGraphsAreNestedForEver_saysSo() throws IOException {
    GraphProto graph = GraphProto.newBuilder().setName("end").build();
    for (int i = 0; i < 200; i++) {
      graph =
          GraphProto.newBuilder()
              .addNode(NodeProto.newBuilder().addAttribute(Attr.of("body", graph)))
              .build();
    }
    Path file = folder.resolve("deep.onnx");
    Models.write(ModelProto.newBuilder().setGraph(graph).build(), file);
    assertThrows(ModelException.class, () -> Models.read(file));
  }

  /** What reads a file throws its own errors and no others, whatever is in it. */
  @Test
  void read_whenMutated_throwsOnlyOurs() throws IOException {
    byte[] good = Files.readAllBytes(seed());
    java.util.Random random = new java.util.Random(4);
    Path file = folder.resolve("mutated.onnx");
    int read = 0;
    for (int i = 0; i < 400; i++) {
      byte[] bytes =
          random.nextInt(6) == 0
              ? java.util.Arrays.copyOf(good, random.nextInt(good.length))
              : good.clone();
      for (int k = random.nextInt(5); k >= 0 && bytes.length > 0; k--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(file, bytes);
      try {
        dev.sampo.runtime.OnnxFile.read(file);
      } catch (ModelException e) {
        assertEquals(file, e.path());
      }
      try {
        GraphBuilder g = GraphBuilder.of(Models.read(file));
        for (TensorProto weight : g.initializers().values()) {
          try {
            Tensors.toFloats(weight);
          } catch (GraphException e) {
            assertTrue(e.getMessage().contains("Tensor"), e.getMessage());
          }
          try {
            Tensors.toLongs(weight);
          } catch (GraphException e) {
            assertTrue(e.getMessage().contains("Tensor"), e.getMessage());
          }
        }
        g.prune();
        read++;
      } catch (ModelException | GraphException e) {
        assertTrue(e.getMessage().length() > 10, e.getMessage());
      }
    }
    assertTrue(read > 10, "read " + read);
  }

  private Path seed() throws IOException {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", TensorType.floats(2, 3));
    Value w = g.initializer(Tensors.ofFloats("w", new long[] {3, 4}, new float[12]));
    Value axes = g.initializer(Tensors.ofLongs("axes", new long[] {1}, 1));
    Value y = g.op("ReduceSum", g.matMul(x, w), axes);
    Value z = g.reshape(g.op("Identity", y), -1);
    g.node(
        "",
        "If",
        List.of(Attr.of("then_branch", GraphProto.getDefaultInstance())),
        List.of(z),
        List.of("out"));
    g.output(new Value("out"));
    Path file = folder.resolve("seed.onnx");
    Models.write(g.model(), file);
    return file;
  }
}
