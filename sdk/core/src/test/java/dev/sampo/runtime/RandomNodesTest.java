package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RandomNodesTest {
  private static final byte[] HALF = {0, 0, 0, 0x3f};

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {"RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout"})
  void load_whenGraphSeed_thenEveryOpeningDrawsTheSame(String operator) throws IOException {
    Path file = drawing(operator).write(folder.resolve("m/model.onnx"));
    assertEquals(Set.of(operator), OnnxFile.read(file).randomOperators());
    float[][] first = runs(file, 7L);
    assertArrayEquals(first, runs(file, 7L));
    assertFalse(Arrays.deepEquals(first, runs(file, 8L)));
    assertFalse(Arrays.equals(first[0], first[1]), "two nodes draw the same");
    assertFalse(Arrays.equals(first[0], first[2]), "two runs draw the same");
  }

  @Test
  void load_whenSeedsStandInTheFile_thenGraphSeedReplacesThem() throws IOException {
    Path file =
        new TinyOnnx()
            .in("x float32 1,40")
            .node("RandomNormalLike", "x", "a", TinyOnnx.seed(5))
            .node("RandomNormalLike", "x", "b", TinyOnnx.seed(5))
            .out("a float32 1,40", "b float32 1,40")
            .write(folder.resolve("m/model.onnx"));
    float[][] asWritten = runs(file, null);
    assertArrayEquals(asWritten[0], asWritten[1]);
    float[][] seeded = runs(file, 3L);
    assertFalse(Arrays.equals(seeded[0], seeded[1]));
    assertArrayEquals(seeded, runs(file, 3L));
  }

  @Test
  void load_whenNodesAreInBranchesAndWeightsOutside_thenSeededToo() throws IOException {
    Path file = folder.resolve("m/model.onnx");
    TinyOnnx draws = new TinyOnnx().node("RandomNormalLike", "w", "t").out("t float32 40");
    TinyOnnx keeps = new TinyOnnx().node("Identity", "w", "e").out("e float32 40");
    new TinyOnnx()
        .in("x float32 1,40")
        .externalWeight("w", "weights.bin", 0, 160)
        .scalar("yes", "bool", (byte) 1)
        .node(
            "If",
            "yes",
            "drawn",
            TinyOnnx.body("then_branch", draws),
            TinyOnnx.body("else_branch", keeps))
        .node("Add", "drawn w", "a")
        .node("Add", "x w", "b")
        .out("a float32 40", "b float32 1,40")
        .write(file);
    ByteBuffer weights = ByteBuffer.allocate(160).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 40; i++) {
      weights.putFloat(100 + i);
    }
    Files.write(file.resolveSibling("weights.bin"), weights.array());
    float[][] first = runs(file, 1L);
    assertArrayEquals(first, runs(file, 1L));
    assertEquals(100.25f, first[1][0]);
    assertFalse(Arrays.equals(first[0], runs(file, 2L)[0]));
  }

  @Test
  void read_whenDropoutIsNotTraining_thenNotRandom() throws IOException {
    Path file =
        new TinyOnnx()
            .in("x float32 1,40")
            .scalar("ratio", "float32", HALF)
            .scalar("no", "bool", (byte) 0)
            .node("Dropout", "x ratio no", "a")
            .node("Dropout", "x", "b")
            .out("a float32 1,40", "b float32 1,40")
            .write(folder.resolve("m/model.onnx"));
    assertEquals(Set.of(), OnnxFile.read(file).randomOperators());
    float[][] values = runs(file, 1L);
    assertArrayEquals(values[0], values[1]);
  }

  @Test
  void load_whenDropoutIsOfAnOpsetWithoutSeeds_thenItIsLeftAlone() throws IOException {
    Path file =
        new TinyOnnx()
            .opset(11)
            .in("x float32 1,40")
            .node("Dropout", "x", "d")
            .node("RandomNormalLike", "d", "a")
            .node("RandomNormalLike", "d", "b")
            .out("a float32 1,40", "b float32 1,40")
            .write(folder.resolve("m/model.onnx"));
    assertArrayEquals(runs(file, 7L), runs(file, 7L));
  }

  private static TinyOnnx drawing(String operator) {
    boolean dropout = operator.equals("Dropout");
    String in = dropout ? "x ratio yes" : "x";
    TinyOnnx graph = new TinyOnnx().in("x float32 1,40");
    if (dropout) {
      graph.scalar("ratio", "float32", HALF).scalar("yes", "bool", (byte) 1);
    }
    if (operator.equals("Multinomial")) {
      return graph
          .node("Multinomial", in, "i", TinyOnnx.integer("sample_size", 20))
          .node("Multinomial", in, "j", TinyOnnx.integer("sample_size", 20))
          .node("Cast", "i", "a", TinyOnnx.integer("to", 1))
          .node("Cast", "j", "b", TinyOnnx.integer("to", 1))
          .out("a float32 1,20", "b float32 1,20");
    }
    return graph
        .node(operator, in, "a")
        .node(operator, in, "b")
        .out("a float32 1,40", "b float32 1,40");
  }

  /** Both outputs of a first and of a second run. */
  private static float[][] runs(Path file, Long seed) {
    SessionConfig config = SessionConfig.builder().graphSeed(seed).build();
    float[][] values = new float[4][];
    float[] x = new float[40];
    Arrays.fill(x, 0.25f);
    try (Graph graph = Graph.load(file, config)) {
      for (int i = 0; i < 2; i++) {
        try (Tensor tensor = Tensor.ofFloats(Shape.of(1, 40), x);
            GraphRun run = graph.prepare()) {
          run.input("x", tensor).output("a").output("b");
          run.run();
          values[2 * i] = run.result("a").toFloats();
          values[2 * i + 1] = run.result("b").toFloats();
        }
      }
    }
    return values;
  }
}
