package dev.sampo.imaging;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.io.NpyArray;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every picture of {@code pictures/} under {@code sampo.cases}, or of the module's own copies, is read as Pillow reads it. */
class PicturesCasesTest {
  /** Decoders of JPEG round the cosine transform and the colours each in their way. */
  private static final int JPEG_BOUND = 3;

  private static Path root() {
    String given = System.getProperty("sampo.cases");
    try {
      return given != null && Files.isDirectory(Path.of(given).resolve("pictures"))
          ? Path.of(given).resolve("pictures")
          : Path.of(PicturesCasesTest.class.getResource("/cases/pictures").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @TestFactory
  List<DynamicTest> read_whenAFileOfThisKind_thenThePixelsOfPillow() throws IOException {
    try (Stream<Path> all = Files.list(root())) {
      List<DynamicTest> tests =
          all.filter(f -> Files.exists(f.resolveSibling(f.getFileName() + ".rgb.npy")))
              .sorted()
              .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> check(f)))
              .collect(Collectors.toList());
      assertFalse(tests.isEmpty(), "No case under " + root());
      return tests;
    }
  }

  private static void check(Path file) throws IOException {
    NpyArray wanted = NpyArray.read(file.resolveSibling(file.getFileName() + ".rgb.npy"));
    Pixels got = Pictures.read(file).withChannels(3);
    assertArrayEquals(wanted.shape(), new long[] {got.heightPx(), got.widthPx(), 3});
    byte[] a = wanted.toBytes();
    byte[] b = got.toBytes();
    int bound = file.toString().endsWith(".jpg") ? JPEG_BOUND : 0;
    for (int i = 0; i < a.length; i++) {
      int difference = Math.abs((a[i] & 0xff) - (b[i] & 0xff));
      assertTrue(
          difference <= bound,
          "byte " + i + ": wanted " + (a[i] & 0xff) + ", got " + (b[i] & 0xff));
    }
  }
}
