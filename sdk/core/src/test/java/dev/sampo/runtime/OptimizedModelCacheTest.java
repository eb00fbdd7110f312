package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizedModelCacheTest {
  @TempDir Path cache;
  @TempDir Path models;

  private SessionConfig config() {
    return SessionConfig.builder().intraOpThreads(1).optimizedModelCache(cache).build();
  }

  private static float[] run(Path file, SessionConfig config) {
    float[] x = new float[64];
    for (int i = 0; i < x.length; i++) {
      x[i] = i * 0.25f;
    }
    try (Graph graph = Graph.load(file, config);
        Tensor in = Tensor.ofFloats(Shape.of(1, 64), x);
        Outputs outputs = graph.run(Map.of("x", in))) {
      assertEquals(file, graph.path());
      return outputs.get("y").toFloats();
    }
  }

  private Set<String> entries() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files
          .map(p -> p.getFileName().toString())
          .filter(n -> !n.equals("hashes"))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @Test
  void load_whenTwice_fillsAndThenReadsTheCache() throws IOException {
    for (String name : new String[] {"product.onnx", "product_external.onnx"}) {
      Path file = Graphs.path(name);
      float[] plain = run(file, SessionConfig.builder().intraOpThreads(1).build());
      assertArrayEquals(plain, run(file, config()));
      assertArrayEquals(plain, run(file, config()));
    }
    assertEquals(2, entries().size());
    for (String entry : entries()) {
      assertTrue(Files.isRegularFile(cache.resolve(entry).resolve("model.onnx")));
      assertTrue(Files.isRegularFile(cache.resolve(entry).resolve("model.onnx.data")));
    }
  }

  @Test
  void load_whenModelOrOptionsChange_makesAnotherEntry() throws IOException {
    Path file = models.resolve("model.onnx");
    Files.copy(Graphs.path("product.onnx"), file);
    run(file, config());
    run(
        file,
        config().toBuilder().optimizationLevel(SessionConfig.OptimizationLevel.BASIC).build());
    assertEquals(2, entries().size());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_000_000));
    run(file, config());
    assertEquals(3, entries().size());
  }

  @Test
  void load_whenEntryIsBroken_makesItAnew() throws IOException {
    Path file = Graphs.path("product.onnx");
    float[] plain = run(file, config());
    Path entry = cache.resolve(entries().iterator().next());
    Files.write(entry.resolve("model.onnx"), new byte[] {1, 2, 3});
    assertArrayEquals(plain, run(file, config()));
    assertTrue(Files.size(entry.resolve("model.onnx")) > 3);
    assertArrayEquals(plain, run(file, config()));
  }

  @Test
  void load_whenAnEntryHasFlippedBits_makesItAnew() throws IOException {
    Path file = Graphs.path("product.onnx");
    float[] plain = run(file, config());
    Path data = cache.resolve(entries().iterator().next()).resolve("model.onnx.data");
    byte[] good = Files.readAllBytes(data);
    for (int at : new int[] {0, good.length / 2, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 0x40;
      Files.write(data, bad);
      assertArrayEquals(plain, run(file, config()));
      assertArrayEquals(good, Files.readAllBytes(data));
    }
  }

  @Test
  void load_whenAnEntryIsAnothers_makesItAnew() throws IOException {
    Path file = Graphs.path("product.onnx");
    float[] plain = run(file, config());
    String first = entries().iterator().next();
    Path other = models.resolve("other.onnx");
    byte[] bytes = Files.readAllBytes(file);
    // A weight's sign.
    bytes[indexOfWeights(bytes)] ^= (byte) 0x80;
    Files.write(other, bytes);
    float[] others = run(other, config());
    org.junit.jupiter.api.Assertions.assertFalse(java.util.Arrays.equals(plain, others));
    Set<String> all = entries();
    all.remove(first);
    Path stolen = cache.resolve(all.iterator().next());
    for (String name : new String[] {"model.onnx", "model.onnx.data", "sha256"}) {
      Files.copy(
          stolen.resolve(name),
          cache.resolve(first).resolve(name),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    assertArrayEquals(plain, run(file, config()));
  }

  @Test
  void load_whenTheModelChangesAndItsTimeIsSetBack_seesIt() throws IOException {
    Path file = Files.copy(Graphs.path("product.onnx"), models.resolve("m.onnx"));
    float[] plain = run(file, config());
    java.nio.file.attribute.FileTime time = Files.getLastModifiedTime(file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[indexOfWeights(bytes)] ^= (byte) 0x80;
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, time);
    org.junit.jupiter.api.Assertions.assertFalse(
        java.util.Arrays.equals(plain, run(file, config())));
  }

  /** The sign's byte of a float of the largest stretch of data. */
  private static int indexOfWeights(byte[] bytes) {
    return bytes.length / 2 / 4 * 4 + 3;
  }

  @Test
  void load_whenCacheCannotBeWritten_loadsWithoutIt() throws IOException {
    Path file = Files.write(models.resolve("file"), new byte[1]);
    SessionConfig config =
        SessionConfig.builder().optimizedModelCache(file.resolve("cache")).build();
    assertEquals(64, run(Graphs.path("product.onnx"), config).length);
  }

  @Test
  void load_whenModelIsBroken_leavesNothingBehind() throws IOException {
    Path file = Files.write(models.resolve("model.onnx"), new byte[] {1, 2, 3, 4});
    org.junit.jupiter.api.Assertions.assertThrows(
        ModelException.class, () -> Graph.load(file, config()));
    assertEquals(Set.of(), entries());
  }
}
