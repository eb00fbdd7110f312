package dev.sampo.imaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PicturesTest {
  @TempDir Path folder;

  @Test
  void writePng_whenReadBack_thenPixelsAndChannelsAreTheSame() throws IOException {
    for (int channels : new int[] {1, 3, 4}) {
      Pixels picture = noise(17, 9, channels);
      Path file = folder.resolve("p.png");
      Pictures.writePng(file, picture);
      assertEquals(picture, Pictures.read(file));
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void writePng_whenColourThatLooksGrey_thenStaysColour() throws IOException {
    Path file = folder.resolve("p.png");
    Pictures.writePng(file, noise(4, 4, 1).withChannels(3));
    assertEquals(noise(4, 4, 1).withChannels(3), Pictures.read(file));
  }

  @Test
  void writePng_whenReadByTheJdk_thenEveryValueIsTheSame() throws IOException {
    Path file = folder.resolve("p.png");
    Pixels picture = noise(16, 16, 3);
    Pictures.writePng(file, picture);
    BufferedImage image = ImageIO.read(file.toFile());
    assertEquals(picture, Pictures.fromBufferedImage(image, 3));
  }

  @Test
  void writePng_whenFloats_thenRangeIsMapped() throws IOException {
    Path file = folder.resolve("p.png");
    Pictures.writePng(file, new float[] {9, -1, 1, 0.5f}, 1, 1, 1, 2, 0, 1);
    assertEquals(Pixels.ofBytes(2, 1, 1, new byte[] {-1, (byte) 128}), Pictures.read(file));
  }

  @Test
  void writePng_whenText_thenReadBack() throws IOException {
    Path file = folder.resolve("p.png");
    Map<String, String> text = new LinkedHashMap<>();
    text.put("prompt", "été\nзима 雪 🎲");
    text.put("seed", "42");
    text.put("Software", "Sampo");
    Pictures.writePng(file, noise(4, 4, 3), text);
    assertEquals(text, Pictures.readPngText(file));
    byte[] bytes = Files.readAllBytes(file);
    assertTrue(contains(bytes, "iTXtprompt") && contains(bytes, "tEXtseed"));
  }

  @Test
  void writePng_whenKeywordIsBad_thenErrorAndNoFile() {
    Path file = folder.resolve("p.png");
    RequestException e =
        assertThrows(
            RequestException.class,
            () -> Pictures.writePng(file, noise(2, 2, 1), Map.of(" seed", "1")));
    assertEquals(
        "A PNG keyword has 1 to 79 Latin-1 characters and no space at its ends, got ' seed'.",
        e.getMessage());
    assertTrue(Files.notExists(file));
  }

  @Test
  void read_whenJpeg_thenNearTheOriginal() throws IOException {
    Path file = folder.resolve("p.jpg");
    ImageIO.write(
        Pictures.toBufferedImage(Pixels.filled(16, 16, 200, 30, 90)), "jpg", file.toFile());
    Pixels read = Pictures.read(file);
    assertEquals(3, read.channels());
    assertEquals(200, read.at(8, 8, 0), 4);
    assertEquals(30, read.at(8, 8, 1), 4);
    assertEquals(90, read.at(8, 8, 2), 4);
  }

  @Test
  void read_whenDamaged_thenErrorNamesTheFile() throws IOException {
    Path file = folder.resolve("p.png");
    Pictures.writePng(file, noise(64, 64, 3));
    byte[] bytes = Files.readAllBytes(file);
    for (int length : new int[] {8, 20, 60, bytes.length / 2}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      IOException e = assertThrows(IOException.class, () -> Pictures.read(file));
      assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    }
  }

  @Test
  void read_whenHeaderClaimsAHugePicture_thenRefusedBeforeMemoryIsTaken() throws IOException {
    Path file = folder.resolve("p.png");
    Pictures.writePng(file, noise(4, 4, 1));
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).putInt(16, 1_000_000).putInt(20, 1_000_000);
    Files.write(file, bytes);
    IOException e = assertThrows(IOException.class, () -> Pictures.read(file));
    assertEquals(
        file + " says that it is 1000000x1000000, at most 100000000 pixels are read.",
        e.getMessage());
  }

  @Test
  void read_whenOtherFormatOrMissing_thenErrorSaysWhat() throws IOException {
    Path gif = folder.resolve("p.gif");
    Animations.writeGif(gif, List.of(noise(4, 4, 1)), 50);
    assertEquals(
        gif + " is no PNG or JPEG file but GIF. Convert it to PNG.",
        assertThrows(IOException.class, () -> Pictures.read(gif)).getMessage());
    Path none = folder.resolve("none.png");
    assertEquals(
        "There is no file " + none + ".",
        assertThrows(IOException.class, () -> Pictures.read(none)).getMessage());
  }

  static Pixels noise(int widthPx, int heightPx, int channels) {
    byte[] data = new byte[widthPx * heightPx * channels];
    new Random(7).nextBytes(data);
    return Pixels.ofBytes(widthPx, heightPx, channels, data);
  }

  private static boolean contains(byte[] bytes, String ascii) {
    return new String(bytes, StandardCharsets.ISO_8859_1).contains(ascii);
  }

  @Test
  void scaled_toAQuarter_averagesEveryPixel() {
    byte[] data = new byte[16];
    for (int i = 0; i < 16; i++) {
      data[i] = (byte) (i % 4 < 2 ? 200 : 40);
    }
    Pixels small = Pictures.scaled(Pixels.ofBytes(4, 4, 1, data), 2, 1);
    assertEquals(Pixels.ofBytes(2, 1, 1, new byte[] {(byte) 200, 40}), small);
    assertEquals(Pixels.filled(1, 1, 120), Pictures.scaled(Pixels.ofBytes(4, 4, 1, data), 1, 1));
  }

  @Test
  void scaled_toLargerAndOtherProportions_keepsChannelsAndFlatColour() {
    Pixels flat = Pixels.filled(5, 3, 10, 200, 90);
    assertEquals(Pixels.filled(12, 9, 10, 200, 90), Pictures.scaled(flat, 12, 9));
    assertEquals(Pixels.filled(2, 9, 10, 200, 90), Pictures.scaled(flat, 2, 9));
    assertThrows(RequestException.class, () -> Pictures.scaled(flat, 0, 9));
  }

  @Test
  void png_whenReadFromMemory_thenPixelsAreTheSame() throws IOException {
    Pixels picture = Pixels.filled(5, 3, 10, 200, 30);
    Pixels read = Pictures.read(Pictures.png(picture));
    assertEquals(picture, read);
    assertThrows(IOException.class, () -> Pictures.read(new byte[] {1, 2, 3}));
  }
}
