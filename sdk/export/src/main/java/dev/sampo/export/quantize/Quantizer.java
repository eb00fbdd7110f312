package dev.sampo.export.quantize;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.export.files.DataFile;
import dev.sampo.export.files.ModelFiles;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a smaller model: products with constant matrices by {@code MatMulNBits}, tables of embeddings by {@code GatherBlockQuantized}, in 4 or 8
 * bits by blocks. A row of a batch does not depend on the others.
 *
 * <pre>{@code
 * Quantizer.of(Paths.get("qwen")).bits(4).skip("lm_head").to(Paths.get("qwen-4bit"));
 * }</pre>
 *
 * <p>What is written was loaded, and for text models run, before it takes its place.
 */
public final class Quantizer {
  private final Path model;
  private int bits = 4;
  private int block = 32;
  private boolean symmetric = true;
  private int accuracyLevel = 4;
  private boolean byRow;
  private boolean exact = RowQuantizer.isExactHere();
  private List<String> skip = List.of();
  private @Nullable String measure;
  private double maxLoss = Double.POSITIVE_INFINITY;

  private Quantizer(Path model) {
    this.model = model;
  }

  /**
   * Quantises a model.
   *
   * @param model a folder with graphs
   */
  public static Quantizer of(Path model) {
    return new Quantizer(model);
  }

  /** Bits of a number, 4 (the default) or 8. */
  public Quantizer bits(int value) {
    if (value != 4 && value != 8) {
      throw new RequestException("bits", "bits is " + value + ", wanted 4 or 8.");
    }
    bits = value;
    return this;
  }

  /** Numbers that share a scale: a power of 2 from 16 to 256; default 32. */
  public Quantizer block(int value) {
    if (value < 16 || value > 256 || Integer.bitCount(value) != 1) {
      throw new RequestException(
          "block", "block is " + value + ", wanted a power of 2 from 16 to 256.");
    }
    block = value;
    return this;
  }

  /** Whether blocks have a scale only and no zero of their own; default true. */
  public Quantizer symmetric(boolean value) {
    symmetric = value;
    return this;
  }

  /** {@code accuracy_level} of MatMulNBits: 4 (the default) multiplies in int8, 1 in float32. */
  public Quantizer accuracyLevel(int value) {
    if (value < 0 || value > 4) {
      throw new RequestException("accuracyLevel", "accuracyLevel is " + value + ", wanted 0 to 4.");
    }
    accuracyLevel = value;
    return this;
  }

  /** Parts of names of weights or nodes that stay as they are, such as {@code lm_head}. */
  public Quantizer skip(String... parts) {
    skip = List.of(parts);
    return this;
  }

  /** A text whose perplexity is measured before and after. */
  public Quantizer measure(@Nullable String text) {
    measure = text;
    return this;
  }

  /** Most that the perplexity may grow, as a share: 0.03 for 3 percent; needs {@link #measure}. */
  public Quantizer maxLoss(double share) {
    if (!(share >= 0)) {
      throw new RequestException("maxLoss", "maxLoss is " + share + ", wanted 0 or more.");
    }
    maxLoss = share;
    return this;
  }

  /**
   * Whether products are of int8 with a scale for each row of activations and each output ({@code MatMulInteger}), in place of blocks; default
   * false. Rows of a batch do not change one another. Prompts and batches are fastest this way; single tokens read 8 bits a weight. Tables of
   * embeddings are in blocks all the same.
   */
  public Quantizer byRow(boolean value) {
    byRow = value;
    return this;
  }

  boolean isByRow() {
    return byRow;
  }

  /** Whether products of unsigned by signed bytes are exact here. */
  boolean isExact() {
    return exact;
  }

  /** For tests: writes what a processor with or without such products gets. */
  Quantizer exact(boolean value) {
    exact = value;
    return this;
  }

  int bitCount() {
    return bits;
  }

  int blockSize() {
    return block;
  }

  boolean isSymmetric() {
    return symmetric;
  }

  int accuracy() {
    return accuracyLevel;
  }

  boolean skips(String name) {
    return skip.stream().anyMatch(name::contains);
  }

  /**
   * Writes the quantised model.
   *
   * @param target a folder that does not exist yet
   * @return what was done
   * @throws ModelException if the model has no graphs, nothing to quantise, or what was made cannot be loaded and run
   * @throws RequestException if it loses more than {@link #maxLoss}; nothing is written then
   */
  public QuantizeResult to(Path target) throws IOException {
    if (Files.exists(target)) {
      throw new RequestException("target", target + " exists already; name a new folder.");
    }
    ModelFolder folder = ModelFolder.open(model);
    return ModelFiles.whole(target, ".quantizing", partial -> write(folder, partial));
  }

  private QuantizeResult write(ModelFolder folder, Path partial) throws IOException {
    int quantized = 0;
    int left = 0;
    long before = 0;
    for (ModelGraph graph : folder.graphs().values()) {
      Path relative = folder.root().relativize(graph.path());
      Path out = partial.resolve(relative);
      Files.createDirectories(out.getParent());
      before += graph.file().sizeBytes();
      try (DataFile data = new DataFile(Path.of(out + ".data"))) {
        GraphQuantizer quantizer =
            new GraphQuantizer(graph.path(), Models.parse(graph.path()), this, data);
        ModelProto made = quantizer.run();
        try (OutputStream stream = Files.newOutputStream(out)) {
          made.writeTo(stream);
        }
        quantized += quantizer.quantized();
        left += quantizer.left();
      }
    }
    if (quantized == 0) {
      throw new ModelException(
          folder.root(),
          folder.root() + " has no product with a constant matrix that could be quantised.");
    }
    ModelFiles.copySmall(folder.root(), partial);
    TrialRun.check(partial);
    double perplexityBefore = Double.NaN;
    double perplexityAfter = Double.NaN;
    if (measure != null) {
      perplexityBefore = perplexity(model, measure);
      perplexityAfter = perplexity(partial, measure);
      requireLoss(perplexityBefore, perplexityAfter);
    }
    return new QuantizeResult(
        quantized, left, before, size(partial), perplexityBefore, perplexityAfter);
  }

  private static double perplexity(Path folder, String text) {
    try (TextGenerator generator = TextGenerator.open(folder)) {
      return generator.score(text).perplexity();
    }
  }

  private void requireLoss(double before, double after) {
    double loss = after / before - 1;
    if (!(loss <= maxLoss)) {
      // No option is spelt wrongly: the model loses more than was allowed.
      throw new RequestException(
          null,
          String.format(
              java.util.Locale.ROOT,
              "The perplexity grows from %.4f to %.4f, by %.2f %%, and maxLoss is %.2f %%; nothing was"
                  + " written. Use 8 bits, a smaller block, or skip the head.",
              before,
              after,
              100 * loss,
              100 * maxLoss));
    }
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      long sum = 0;
      for (Path file : all.filter(f -> f.toString().contains(".onnx")).toList()) {
        sum += Files.size(file);
      }
      return sum;
    }
  }
}
