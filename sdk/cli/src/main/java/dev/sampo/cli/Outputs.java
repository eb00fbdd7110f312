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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes what a command made, by the ending of the file's name, and remembers what was written. */
final class Outputs {
  private static final int FRAME_MILLIS = 120;

  private final List<Path> files = new ArrayList<>();
  private final @Nullable Console console;
  private final PictureOptions options;

  /** Outputs of a command that shows no pictures. */
  Outputs() {
    this.console = null;
    this.options = new PictureOptions();
  }

  /** Outputs whose pictures are as large as a command line says, and shown where it says so. */
  Outputs(Console console, PictureOptions options) {
    options.check();
    this.console = console;
    this.options = options;
  }

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
      case "png" -> Pictures.writePng(file, sheet(pictures, columns), recorded(pictures, text));
      case "gif" -> Animations.writeGif(file, enlarged(pictures), FRAME_MILLIS);
      case "npy" -> array(pictures).write(file);
      default ->
          throw new UsageException(
              "--out is '" + file + "'; pictures are written as .png, .gif or .npy");
    }
    files.add(file);
    if (console != null) {
      options.show(console, shown(pictures, columns));
    }
  }

  /** What is shown on a terminal: a terminal's own pixels need no enlarging. */
  private static Pixels shown(List<Pixels> pictures, int columns) {
    return pictures.size() == 1
        ? pictures.get(0)
        : ContactSheet.builder(pictures)
            .columns(Math.min(columns, pictures.size()))
            .enlarge(1)
            .build()
            .render();
  }

  /** With the scale of a single picture, so that it can be read as the model made it. */
  private Map<String, String> recorded(List<Pixels> pictures, Map<String, String> text) {
    int factor = options.factor(pictures.get(0), pictures.size() == 1);
    if (pictures.size() > 1 || factor == 1) {
      return text;
    }
    Map<String, String> more = new LinkedHashMap<>(text);
    more.put(PictureFiles.SCALE, String.valueOf(factor));
    return more;
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

  /** Small pictures are enlarged to a size that can be looked at. */
  private Pixels sheet(List<Pixels> pictures, int columns) {
    int factor = options.factor(pictures.get(0), pictures.size() == 1);
    if (pictures.size() == 1) {
      return factor == 1 ? pictures.get(0) : pictures.get(0).enlarged(factor);
    }
    return ContactSheet.builder(pictures)
        .columns(Math.min(columns, pictures.size()))
        .enlarge(factor)
        .build()
        .render();
  }

  private List<Pixels> enlarged(List<Pixels> pictures) {
    List<Pixels> large = new ArrayList<>();
    for (Pixels p : pictures) {
      large.add(p.enlarged(options.animationFactor(p)));
    }
    return large;
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
