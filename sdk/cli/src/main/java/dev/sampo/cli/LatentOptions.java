package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Model;
import dev.sampo.io.NpyArray;
import dev.sampo.model.Family;
import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.Pixels;
import dev.sampo.sound.WaveNetPipeline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the actions of {@code sampo latent} share: the model, classes, where to write, and how to report it. */
final class LatentOptions {
  private final long start = System.nanoTime();
  private double loadMillis;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, or a folder.")
  private String model = "";

  @Option(
      names = "--class-label",
      paramLabel = "N",
      split = ",",
      description =
          "Class of the pictures: one for all, or one each; repeatable. Without it: all classes in"
              + " turn.")
  private List<Integer> classLabels = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where to write: .png (several pictures become a contact sheet), .gif, or .npy.")
  private @Nullable Path out;

  @Mixin private PictureOptions pictures = new PictureOptions();

  CommonOptions common() {
    return common;
  }

  PictureOptions pictures() {
    return pictures;
  }

  String model() {
    return model;
  }

  List<Integer> classLabels() {
    return classLabels;
  }

  @Nullable Path out() {
    return out;
  }

  Path outOr(String action) {
    return out == null ? defaultOut(action, ".png") : out;
  }

  Path defaultOut(String action, String ending) {
    return Path.of(modelName() + "-" + action + "-" + common.seed() + ending);
  }

  /** Whether the model makes sounds, not pictures. */
  boolean isSound() {
    return common.locate(ShippedModels.ofHome().resolve(model)).family() == Family.WAVENET;
  }

  WaveNetPipeline openSound() {
    return open(WaveNetPipeline.class);
  }

  private String modelName() {
    Path name = Path.of(model).getFileName();
    return name == null ? "model" : name.toString();
  }

  PictureModel open() {
    return open(PictureModel.class);
  }

  LatentDecoder openDecoder() {
    return open(LatentDecoder.class);
  }

  private <T extends Model> T open(Class<T> family) {
    T opened =
        Commands.open(
            common.open(ShippedModels.ofHome().resolve(model)),
            common.sessionConfig(),
            family,
            family == WaveNetPipeline.class ? "latent sample" : "latent");
    loadMillis = (System.nanoTime() - start) / 1e6;
    return opened;
  }

  /** Reads pictures for a model: a PNG or JPEG, or an {@code .npy} of float32 in the network's range or of bytes. */
  static PictureBatch read(List<Path> inputs, PictureModel model) throws IOException {
    List<Pixels> pictures = new ArrayList<>();
    for (Path input : inputs) {
      if (!Outputs.ending(input).equals("npy")) {
        pictures.add(PictureFiles.read(input));
        continue;
      }
      NpyArray array = NpyArray.read(input);
      if (array.type() != NpyArray.Type.UINT8) {
        if (inputs.size() > 1) {
          throw new IllegalArgumentException(
              input + " holds numbers of type " + array.type() + "; give such a file alone");
        }
        return ofFloats(input, array, model);
      }
      pictures.addAll(ofBytes(input, array));
    }
    return PictureBatch.ofPixels(pictures, model.image());
  }

  private static PictureBatch ofFloats(Path input, NpyArray array, PictureModel model) {
    long[] shape = array.shape();
    if (shape.length != 4 || shape[1] != model.image().channels()) {
      throw new IllegalArgumentException(
          input
              + " has shape "
              + java.util.Arrays.toString(shape)
              + ", wanted [count, "
              + model.image().channels()
              + ", height, width]");
    }
    return PictureBatch.of(
        (int) shape[0], (int) shape[2], (int) shape[3], model.image(), array.toFloats());
  }

  private static List<Pixels> ofBytes(Path input, NpyArray array) {
    long[] shape = array.shape();
    if (shape.length != 3 && shape.length != 4) {
      throw new IllegalArgumentException(
          input
              + " has shape "
              + java.util.Arrays.toString(shape)
              + ", wanted bytes [count, height, width] or [count, height, width, channels]");
    }
    int channels = shape.length == 4 ? (int) shape[3] : 1;
    int size = (int) (shape[1] * shape[2]) * channels;
    byte[] all = array.toBytes();
    List<Pixels> pictures = new ArrayList<>();
    for (int i = 0; i < shape[0]; i++) {
      byte[] one = java.util.Arrays.copyOfRange(all, i * size, (i + 1) * size);
      pictures.add(Pixels.ofBytes((int) shape[2], (int) shape[1], channels, one));
    }
    return pictures;
  }

  /** Reads latents {@code [count, size]}, or one of {@code [size]}. */
  static float[][] readLatents(Path file, int size) throws IOException {
    NpyArray array = NpyArray.read(file);
    long[] shape = array.shape();
    boolean fits =
        (shape.length == 1 && shape[0] == size)
            || (shape.length == 2 && shape[1] == size && shape[0] > 0);
    if (!fits) {
      throw new IllegalArgumentException(
          file
              + " has shape "
              + java.util.Arrays.toString(shape)
              + ", wanted latents [count, "
              + size
              + "]");
    }
    float[] flat = array.toFloats();
    float[][] rows = new float[flat.length / size][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = java.util.Arrays.copyOfRange(flat, i * size, (i + 1) * size);
    }
    return rows;
  }

  /** What a PNG records, so that it can be made again. */
  Map<String, String> pngText(String action, Map<String, String> more) {
    Map<String, String> text = new LinkedHashMap<>();
    text.put("Software", "sampo " + Version.sampo());
    text.put("model", modelName());
    text.put("action", action);
    text.put("seed", String.valueOf(common.seed()));
    if (!classLabels.isEmpty()) {
      text.put(
          "class_labels",
          classLabels.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
    text.putAll(more);
    return text;
  }

  /** Prints which pictures were written and how long it took. */
  void report(Console console, Outputs outputs, PictureBatch pictures) {
    ObjectNode document =
        outputs.toJson(
            model,
            common.seed(),
            pictures.count(),
            pictures.format().channels(),
            pictures.heightPx(),
            pictures.widthPx());
    report(console, outputs, document);
  }

  /** Prints what was written and how long it took. */
  void report(Console console, Outputs outputs, ObjectNode document) {
    double runMillis = (System.nanoTime() - start) / 1e6 - loadMillis;
    if (common.json()) {
      document.putObject("timing").put("load_ms", loadMillis).put("run_ms", runMillis);
      console.json(document);
      return;
    }
    outputs.files().forEach(console.out()::println);
    console.note(
        String.format(
            Locale.ROOT,
            "seed %d, loaded in %.0f ms, made in %.0f ms",
            common.seed(),
            loadMillis,
            runMillis));
  }
}
