package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.embedding.ClipModel;
import dev.sampo.embedding.EmbeddingRequest;
import dev.sampo.embedding.Pooling;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.model.Family;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo embed}: vectors of texts, and of pictures for CLIP. */
@Command(
    name = "embed",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Vectors of texts, and of pictures for CLIP; printed, or written to an .npy file. Texts"
            + " come before pictures.")
final class EmbedCommand implements Callable<Integer> {
  private final Console console;
  private final long start = System.nanoTime();

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A folder with an encoder (BERT, MiniLM ...) or a CLIP model.")
  private String model = "";

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "A text; repeatable. '-' reads lines of stdin.")
  private List<String> texts = new ArrayList<>();

  @Option(names = "--image", paramLabel = "FILE", description = "A picture, for CLIP; repeatable.")
  private List<Path> images = new ArrayList<>();

  @Option(
      names = "--pooling",
      paramLabel = "WAY",
      description =
          "mean, cls, max, last, mean-sqrt-len or weighted-mean; several, with commas between them,"
              + " are joined. Default: as the folder's sentence-transformers files say.")
  private @Nullable String pooling;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description =
          "Most tokens of a text; longer ones are cut. Default: as the folder says, which is the"
              + " most.")
  private @Nullable Integer maxLength;

  @Option(
      names = "--normalize",
      negatable = true,
      description = "Scale vectors to length 1, or not. Default: as the folder says.")
  private @Nullable Boolean normalize;

  @Option(
      names = "--prompt-name",
      paramLabel = "NAME",
      description =
          "The folder's prompt that is put before each text, such as query. Default: the one that the"
              + " folder names.")
  private @Nullable String promptName;

  @Option(
      names = "--truncate-dim",
      paramLabel = "N",
      description = "Keep so many components of a vector. Default: as the folder says.")
  private @Nullable Integer truncateDim;

  @Option(
      names = "--out",
      paramLabel = "FILE.npy",
      description = "Where to write, float32 [count, size].")
  private @Nullable Path out;

  EmbedCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    List<String> all = console.texts(texts);
    if (all.isEmpty() && images.isEmpty()) {
      throw new UsageException("Nothing to embed: give --text or --image.");
    }
    Path path = ShippedModels.ofHome().resolve(model);
    boolean clip = common.open(path).family() == Family.CLIP;
    float[][] vectors = clip ? clip(path, all) : encoder(path, all);
    Outputs outputs = new Outputs();
    if (out != null) {
      outputs.rows(out, vectors);
    }
    print(outputs, vectors);
    return ExitCode.OK;
  }

  private float[][] encoder(Path path, List<String> all) {
    if (!images.isEmpty()) {
      throw new UsageException("--image goes with a CLIP model; this one reads texts only.");
    }
    try (TextEncoder encoder =
        Commands.open(common.open(path), common.sessionConfig(), TextEncoder.class, "embed")) {
      EmbeddingRequest.Builder request =
          EmbeddingRequest.builder(all)
              .normalize(normalize)
              .maxLength(maxLength)
              .promptName(promptName)
              .truncateDim(truncateDim)
              .cancellation(console.cancellation());
      String way = pooling;
      if (way != null) {
        request.pooling(Arrays.stream(way.split(",", -1)).map(Pooling::parse).toList());
      }
      return encoder.embed(request.build()).vectors().toArray(new float[0][]);
    }
  }

  private float[][] clip(Path path, List<String> all) throws IOException {
    if (pooling != null
        || normalize != null
        || maxLength != null
        || promptName != null
        || truncateDim != null) {
      throw new UsageException(
          "--pooling, --normalize, --max-length, --prompt-name and --truncate-dim do not go with"
              + " CLIP, whose graphs pool themselves.");
    }
    try (ClipModel clip = ClipModel.open(common.open(path), common.sessionConfig())) {
      List<float[]> vectors = new ArrayList<>();
      if (!all.isEmpty()) {
        vectors.addAll(clip.embedTexts(all));
      }
      List<Pixels> pictures = new ArrayList<>();
      for (Path image : images) {
        pictures.add(PictureFiles.read(image));
      }
      if (!pictures.isEmpty()) {
        vectors.addAll(clip.embedImages(pictures));
      }
      return vectors.toArray(new float[0][]);
    }
  }

  private void print(Outputs outputs, float[][] vectors) {
    double millis = (System.nanoTime() - start) / 1e6;
    if (common.json()) {
      ObjectNode document =
          outputs.toJson(model, common.seedOr(0), vectors.length, vectors[0].length);
      document.remove("seed");
      if (out == null) {
        ArrayNode rows = document.putArray("embeddings");
        for (float[] vector : vectors) {
          ArrayNode row = rows.addArray();
          for (float value : vector) {
            row.add(value);
          }
        }
      }
      document.putObject("timing").put("total_ms", millis);
      console.json(document);
      return;
    }
    outputs.files().forEach(console.out()::println);
    if (out == null) {
      for (float[] vector : vectors) {
        console.out().println(Arrays.toString(vector));
      }
    }
    console.note(
        String.format(
            Locale.ROOT, "%d vectors of %d in %.0f ms", vectors.length, vectors[0].length, millis));
  }
}
