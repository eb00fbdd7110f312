package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Sounds under {@code sampo.cases}, or the module's own: each holds the samples of {@code plain.wav} in another writer's spelling. */
class SoundsCasesTest {
  private static Path root() {
    String given = System.getProperty("sampo.cases");
    try {
      return given != null && Files.isDirectory(Path.of(given).resolve("sounds"))
          ? Path.of(given).resolve("sounds")
          : Path.of(SoundsCasesTest.class.getResource("/cases/sounds").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @TestFactory
  List<DynamicTest> read_whenWrittenOtherwise_thenTheSamplesOfPlain() throws IOException {
    try (Stream<Path> all = Files.list(root())) {
      List<DynamicTest> tests =
          all.filter(f -> f.toString().endsWith(".wav") && !f.endsWith("plain.wav"))
              .sorted()
              .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> check(f)))
              .collect(Collectors.toList());
      assertFalse(tests.isEmpty(), "No case under " + root());
      return tests;
    }
  }

  private static void check(Path file) throws IOException {
    Wav plain = Wav.read(file.resolveSibling("plain.wav"));
    Wav got = Wav.read(file);
    assertEquals(plain.sampleRateHz(), got.sampleRateHz());
    // Eight bits hold a sample to 1/127.
    assertArrayEquals(plain.samples(), got.samples(), 0.008f);
  }
}
