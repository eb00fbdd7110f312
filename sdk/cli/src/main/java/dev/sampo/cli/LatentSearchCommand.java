package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Progress;
import dev.sampo.error.CancelledException;
import dev.sampo.io.ScratchFiles;
import dev.sampo.onnx.Models;
import dev.sampo.picture.GradientGraph;
import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.LatentSearch;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.picture.SearchRequest;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.training.graph.LatentGradient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent search}. */
@Command(
    name = "search",
    mixinStandardHelpOptions = true,
    description = {
      "Finds the latents that a model turns into given pictures (\"GAN inversion\").",
      "The sheet shows the pictures above what was found; --out FILE.npy gets the latents."
    })
final class LatentSearchCommand implements Callable<Integer> {
  /** Latents that are tried at random, for each class, before the search starts at the best. */
  private static final int DRAWS = 32;

  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      required = true,
      description = "A picture, or pictures in an .npy file; repeatable.")
  private List<Path> inputs = new ArrayList<>();

  @Option(
      names = "--by",
      paramLabel = "KIND",
      description =
          "gradient (GAN, VAE and autoencoder) or evolution (CMA-ES, any decoder). Default:"
              + " gradient where there is one.")
  private @Nullable By by;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Latents that are decoded at most. Default: 300 by gradient, 4000 by evolution.")
  private @Nullable Integer steps;

  @Option(
      names = "--prior",
      paramLabel = "X",
      defaultValue = "0.0001",
      description =
          "How much a latent far from zero costs: keeps it where the model was trained. Default:"
              + " ${DEFAULT-VALUE}.")
  private double prior;

  LatentSearchCommand(Console console) {
    this.console = console;
  }

  /** What the search follows. */
  enum By {
    GRADIENT,
    EVOLUTION
  }

  /** A latent to start at, or the one that was found. */
  private record Found(float[] z, int label, double loss) {}

  @Override
  public Integer call() throws IOException {
    Outputs outputs = new Outputs(console, options.pictures());
    if (steps != null && steps < 1) {
      throw new UsageException("--steps is " + steps + ", wanted 1 or more");
    }
    List<Found> found = new ArrayList<>();
    List<Pixels> cells = new ArrayList<>();
    try (LatentDecoder model = options.openDecoder()) {
      By way = way(model);
      int budget = steps != null ? steps : way == By.GRADIENT ? 300 : 4000;
      PictureBatch targets = LatentOptions.read(inputs, model);
      cells.addAll(targets.pixels());
      try (Console.Progress bar = console.progress("search", (long) budget * targets.count())) {
        for (int i = 0; i < targets.count() && !console.cancellation().isCancelled(); i++) {
          Found start = start(model, targets.picture(i), i);
          found.add(
              search(model, targets.picture(i), start, way, budget, at(bar, (long) budget * i)));
        }
      }
      if (found.isEmpty()) {
        throw new CancelledException("cancelled");
      }
      for (Found one : found) {
        cells.addAll(model.decode(new float[][] {one.z}, labels(model, one.label)).pixels());
      }
      write(outputs, cells, targets.count(), found);
      report(outputs, found);
    }
    return console.cancellation().isCancelled() ? ExitCode.CANCELLED : ExitCode.OK;
  }

  private static Progress<Progress.Count> at(Console.Progress bar, long done) {
    return step -> bar.stepTo(done + step.done());
  }

  private By way(LatentDecoder model) {
    boolean can = model.decoderFile() != null;
    if (by == By.GRADIENT && !can) {
      throw new UsageException(
          model.name()
              + " has no gradient search: its family is "
              + model.family().label()
              + "; use --by evolution");
    }
    return by != null ? by : can ? By.GRADIENT : By.EVOLUTION;
  }

  private static List<Integer> labels(LatentDecoder model, int label) {
    return model.decodesClasses() ? List.of(label) : List.of();
  }

  private LatentSearch.Losses losses(LatentDecoder model, float[] target, int label) {
    return LatentSearch.withPrior(
        LatentSearch.meanSquaredError(z -> model.decode(z, labels(model, label)), target), prior);
  }

  /** The best of some random latents, of the class given or of all classes. */
  private Found start(LatentDecoder model, float[] target, int number) {
    List<Integer> classes = new ArrayList<>();
    List<Integer> given = options.classLabels();
    int count = model.decodesClasses() ? model.classes().size() : 1;
    for (int c = 0; c < count; c++) {
      classes.add(c);
    }
    if (!given.isEmpty()) {
      classes = List.of(given.get(Math.min(number, given.size() - 1)));
    }
    TorchGenerator random = new TorchGenerator(options.common().seed() + number);
    Found best = null;
    for (int label : classes) {
      float[][] draws = new float[DRAWS][model.latentSize()];
      for (int i = 1; i < DRAWS; i++) {
        random.randn(draws[i]);
      }
      double[] values = losses(model, target, label).of(draws);
      for (int i = 0; i < DRAWS; i++) {
        if (best == null || values[i] < best.loss) {
          best = new Found(draws[i], label, values[i]);
        }
      }
    }
    return java.util.Objects.requireNonNull(best);
  }

  private Found search(
      LatentDecoder model,
      float[] target,
      Found start,
      By way,
      int budget,
      Progress<Progress.Count> bar)
      throws IOException {
    LatentSearch.Result result;
    try {
      result = searched(model, target, start, way, budget, bar);
    } catch (CancelledException e) {
      LatentSearch.Result partial = e.partial(LatentSearch.Result.class);
      if (partial == null) {
        throw e;
      }
      result = partial;
    }
    return result.loss() < start.loss
        ? new Found(result.latent(), start.label, result.loss())
        : start;
  }

  private LatentSearch.Result searched(
      LatentDecoder model,
      float[] target,
      Found start,
      By way,
      int budget,
      Progress<Progress.Count> bar)
      throws IOException {
    if (way == By.EVOLUTION) {
      SearchRequest request =
          SearchRequest.evolution()
              .maxEvaluations(budget)
              .seed(options.common().seed())
              .progress(bar)
              .cancellation(console.cancellation())
              .build();
      return LatentSearch.evolve(start.z, losses(model, target, start.label), request);
    }
    return descend(model, target, start, budget, bar);
  }

  private LatentSearch.Result descend(
      LatentDecoder model, float[] target, Found start, int budget, Progress<Progress.Count> bar)
      throws IOException {
    Path decoder = java.util.Objects.requireNonNull(model.decoderFile());
    Map<String, Long> labels =
        model.decodesClasses() ? Map.of("class_label", (long) start.label) : Map.of();
    Path scratch = ScratchFiles.folder("search");
    try {
      Path file = scratch.resolve("search.onnx");
      Models.write(LatentGradient.meanSquaredError(Models.read(decoder), labels, prior), file);
      int channels = model.image().channels();
      int height = model.image().height();
      int width = model.image().width();
      try (GradientGraph gradient = GradientGraph.load(file, options.common().sessionConfig())) {
        gradient.bind("target", target, 1, channels, height, width);
        return LatentSearch.descend(
            start.z,
            gradient,
            SearchRequest.gradient()
                .maxEvaluations(budget)
                .sigma(0.1)
                .progress(bar)
                .cancellation(console.cancellation())
                .build());
      }
    } finally {
      ScratchFiles.delete(scratch);
    }
  }

  private void write(Outputs outputs, List<Pixels> cells, int columns, List<Found> found)
      throws IOException {
    Path out = options.outOr("search");
    if (Outputs.ending(out).equals("npy")) {
      outputs.rows(out, found.stream().map(Found::z).toArray(float[][]::new));
    } else {
      outputs.pictures(out, cells, columns, options.pngText("search", Map.of()));
    }
  }

  private void report(Outputs outputs, List<Found> found) {
    ObjectNode document =
        outputs.toJson(
            options.model(), options.common().seed(), found.size(), found.get(0).z.length);
    ArrayNode losses = document.putArray("losses");
    ArrayNode classes = document.putArray("class_labels");
    for (Found one : found) {
      losses.add(one.loss);
      classes.add(one.label);
      if (!options.common().json()) {
        console.out().println("loss " + one.loss + ", class " + one.label);
      }
    }
    options.report(console, outputs, document);
  }
}
