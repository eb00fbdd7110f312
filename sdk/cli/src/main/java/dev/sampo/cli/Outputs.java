package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.imaging.Animations;
import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes what a command made, by the ending of the file's name, and remembers what was written. */
final class Outputs {
  private static final int FRAME_MILLIS = 120;
  private static final int SMALL_PX = 64;

  private final List<Path> files = new ArrayList<>();

  /** The files written so far. */
  List<Path> files() {
    return files;
  }

  /**
   * Writes pictures: one as it is, several as a contact sheet ({@code .png}), an animation ({@code .gif}) or an array of bytes {@code
   * [count, height, width, channels]} ({@code .npy}).
   *
   * @param text what a PNG records about itself
   */
  void pictures(Path file, List<Pixels> pictures, int columns, Map<String, String> text)
      throws IOException {
    makeFolder(file);
    switch (ending(file)) {
      case "png" -> Pictures.writePng(file, sheet(pictures, columns), text);
      case "gif" -> Animations.writeGif(file, enlarged(pictures), FRAME_MILLIS);
      case "npy" -> array(pictures).write(file);
      default ->
          throw new UsageException(
              "--out is '" + file + "'; pictures are written as .png, .gif or .npy");
    }
    files.add(file);
  }

  /** Writes rows of numbers as float32 {@code [count, size]}. */
  void rows(Path file, float[][] rows) throws IOException {
    if (!ending(file).equals("npy")) {
      throw new UsageException("--out is '" + file + "'; numbers are written as .npy");
    }
    makeFolder(file);
    int size = rows[0].length;
    float[] flat = new float[rows.length * size];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * size, size);
    }
    NpyArray.ofFloats(flat, rows.length, size).write(file);
    files.add(file);
  }

  /** Notes a file that somebody else wrote. */
  void wrote(Path file) {
    files.add(file);
  }

  /** The start of the JSON document of {@code image} and {@code latent}. */
  ObjectNode toJson(String model, long seed, long... shape) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", model).put("seed", seed);
    ArrayNode names = document.putArray("files");
    files.forEach(f -> names.add(f.toString()));
    ArrayNode dims = document.putArray("shape");
    for (long dim : shape) {
      dims.add(dim);
    }
    return document;
  }

  /** A sheet of small pictures is enlarged to a size that can be looked at. */
  static Pixels sheet(List<Pixels> pictures, int columns) {
    if (pictures.size() == 1) {
      return pictures.get(0);
    }
    return ContactSheet.builder(pictures)
        .columns(Math.min(columns, pictures.size()))
        .enlarge(factor(pictures.get(0)))
        .build()
        .render();
  }

  private static List<Pixels> enlarged(List<Pixels> pictures) {
    List<Pixels> large = new ArrayList<>();
    for (Pixels p : pictures) {
      large.add(p.enlarged(4 * factor(p)));
    }
    return large;
  }

  private static int factor(Pixels picture) {
    int side = Math.max(picture.widthPx(), picture.heightPx());
    return Math.max(side < SMALL_PX ? 2 : 1, SMALL_PX / side);
  }

  private static NpyArray array(List<Pixels> pictures) {
    Pixels first = pictures.get(0);
    int size = first.toBytes().length;
    byte[] all = new byte[pictures.size() * size];
    for (int i = 0; i < pictures.size(); i++) {
      System.arraycopy(pictures.get(i).toBytes(), 0, all, i * size, size);
    }
    return NpyArray.ofBytes(
        all, pictures.size(), first.heightPx(), first.widthPx(), first.channels());
  }

  /** The ending of a file's name in lower case, without the dot. */
  static String ending(Path file) {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  static void makeFolder(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
  }
}
