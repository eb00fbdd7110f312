package dev.sampo.io;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyArrayTest {
  @TempDir Path folder;

  /** np.save of np.array([[1, -2, .5]], dtype='f4') with NumPy 2.4. */
  private static final String NUMPY_HEADER =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }";

  @Test
  void write_whenFloats_thenBytesAreThoseOfNumPy() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    NpyArray.ofFloats(new float[] {1, -2, .5f}, 1, 3).writeTo(out);
    String hex = HexFormat.of().formatHex(out.toByteArray());
    String header = NUMPY_HEADER + " ".repeat(128 - 10 - NUMPY_HEADER.length() - 1) + "\n";
    assertEquals(
        "934e554d505901007600"
            + HexFormat.of().formatHex(header.getBytes(ISO_8859_1))
            + "0000803f"
            + "000000c0"
            + "0000003f",
        hex);
  }

  @Test
  void read_whenWrittenBefore_thenEveryTypeAndShapeIsEqual() throws IOException {
    for (NpyArray array :
        List.of(
            NpyArray.ofFloats(new float[] {1.5f}),
            NpyArray.ofFloats(new float[0], 0, 4),
            NpyArray.ofDoubles(new double[] {1, Math.PI}, 2),
            NpyArray.ofLongs(new long[] {Long.MIN_VALUE, 2, 3, 4, 5, 6}, 1, 2, 3),
            NpyArray.ofBytes(new byte[] {0, 127, -128, -1}, 2, 2))) {
      Path file = folder.resolve("a.npy");
      array.write(file);
      assertEquals(array, NpyArray.read(file));
    }
    assertEquals(List.of("a.npy"), names());
  }

  @Test
  void toFloats_whenBytes_thenUnsigned() {
    NpyArray array = NpyArray.ofBytes(new byte[] {0, 127, -128, -1}, 4);
    assertArrayEquals(new float[] {0, 127, 128, 255}, array.toFloats());
    assertArrayEquals(new long[] {0, 127, 128, 255}, array.toLongs());
  }

  @Test
  void read_whenCutShort_thenErrorSaysHowMuchIsMissing() throws IOException {
    Path file = folder.resolve("a.npy");
    NpyArray.ofFloats(new float[] {1, 2, 3}, 3).write(file);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 5));
    IOException e = assertThrows(IOException.class, () -> NpyArray.read(file));
    assertEquals(file + " is cut short: float32[3] wants 12 bytes of data, got 7.", e.getMessage());
  }

  @Test
  void read_whenFortranOrderOrOtherType_thenErrorSaysHowToConvert() {
    assertEquals(
        "x.npy is in Fortran order. Save it with np.save(file, np.ascontiguousarray(array)).",
        message("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }\n"));
    assertEquals(
        "x.npy holds elements of type '<c8', wanted <f4, <f8, <i4, <i8, |u1 or |b1."
            + " Convert it with array.astype(np.float32).",
        message("{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2), }\n"));
  }

  @Test
  void ofFloats_whenShapeDoesNotFit_thenErrorNamesBoth() {
    RequestException e =
        assertThrows(RequestException.class, () -> NpyArray.ofFloats(new float[5], 2, 3));
    assertEquals("The shape [2, 3] holds 6 elements, got 5.", e.getMessage());
  }

  private static String message(String header) {
    byte[] text = header.getBytes(ISO_8859_1);
    byte[] bytes = new byte[10 + text.length];
    System.arraycopy(HexFormat.of().parseHex("934e554d50590100"), 0, bytes, 0, 8);
    bytes[8] = (byte) text.length;
    System.arraycopy(text, 0, bytes, 10, text.length);
    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
    return assertThrows(IOException.class, () -> NpyArray.read(in, "x.npy")).getMessage();
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).collect(Collectors.toList());
    }
  }

  private static void assertRefused(String shape, String wanted) {
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }\n";
    byte[] text = header.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    java.io.ByteArrayOutputStream file = new java.io.ByteArrayOutputStream();
    byte[] start = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, 0};
    file.write(start, 0, start.length);
    file.write(text, 0, text.length);
    IOException e =
        assertThrows(
            IOException.class,
            () -> NpyArray.read(new java.io.ByteArrayInputStream(file.toByteArray()), "a.npy"));
    assertEquals(wanted, e.getMessage());
  }

  @Test
  void read_whenTheShapeCannotBe_thenErrorNamesTheFile() {
    assertRefused("-1, 4", "a.npy has a negative size in its shape: (-1, 4).");
    assertRefused("3x", "a.npy has a damaged shape: (3x).");
    assertRefused("99999999999999999999", "a.npy has a damaged shape: (99999999999999999999).");
    assertRefused(
        "4294967296, 4294967296",
        "a.npy says that its shape is [4294967296, 4294967296], which no file holds.");
    assertRefused(
        "4611686018427387904",
        "a.npy says that its shape is [4611686018427387904], which no file holds.");
  }
}
