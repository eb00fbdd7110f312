package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.CancelledException;
import dev.sampo.io.ScratchFiles;
import dev.sampo.model.ModelFolder;
import dev.sampo.onnx.Models;
import dev.sampo.picture.GradientGraph;
import dev.sampo.picture.LatentSearch;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.picture.Progress;
import dev.sampo.picture.SearchConfig;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.training.LatentGradient;
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
    Outputs outputs = new Outputs();
    ModelFolder folder = ModelFolder.locate(ShippedModels.ofHome().resolve(options.model()), "");
    By way = way(folder);
    int budget = steps != null ? steps : way == By.GRADIENT ? 300 : 4000;
    if (budget < 1) {
      throw new UsageException("--steps is " + budget + ", wanted 1 or more");
    }
    List<Found> found = new ArrayList<>();
    List<Pixels> cells = new ArrayList<>();
    try (LatentBackend backend = options.open()) {
      PictureBatch targets = LatentOptions.read(inputs, backend);
      cells.addAll(targets.pixels());
      try (Console.Progress bar = console.progress("search", (long) budget * targets.count())) {
        for (int i = 0; i < targets.count() && !console.cancellation().isCancelled(); i++) {
          Found start = start(backend, targets.picture(i), i);
          found.add(
              search(
                  folder,
                  backend,
                  targets.picture(i),
                  start,
                  way,
                  budget,
                  at(bar, (long) budget * i)));
        }
      }
      if (found.isEmpty()) {
        throw new CancelledException("cancelled");
      }
      for (Found one : found) {
        cells.addAll(backend.decode(new float[][] {one.z}, labels(backend, one.label)).pixels());
      }
      write(outputs, cells, targets.count(), found);
      report(outputs, found);
    }
    return console.cancellation().isCancelled() ? ExitCode.CANCELLED : ExitCode.OK;
  }

  private static Progress at(Console.Progress bar, long done) {
    return (now, total) -> bar.stepTo(done + now);
  }

  private By way(ModelFolder folder) {
    boolean can = decoder(folder) != null;
    if (by == By.GRADIENT && !can) {
      throw new UsageException(
          folder.name()
              + " has no gradient search: its family is "
              + folder.family()
              + "; use --by evolution");
    }
    return by != null ? by : can ? By.GRADIENT : By.EVOLUTION;
  }

  /** The graph that turns a latent into a picture; null where the family has no single one. */
  private static @Nullable Path decoder(ModelFolder folder) {
    return switch (folder.family()) {
      case GAN -> folder.graph("generator").file().path();
      case VAE, AUTOENCODER -> folder.graph("decoder").file().path();
      default -> null;
    };
  }

  private static List<Integer> labels(LatentBackend backend, int label) {
    return backend.decodesClasses() ? List.of(label) : List.of();
  }

  private LatentSearch.Losses losses(LatentBackend backend, float[] target, int label) {
    return LatentSearch.withPrior(
        LatentSearch.meanSquaredError(z -> backend.decode(z, labels(backend, label)), target),
        prior);
  }

  /** The best of some random latents, of the class given or of all classes. */
  private Found start(LatentBackend backend, float[] target, int number) {
    List<Integer> classes = new ArrayList<>();
    List<Integer> given = options.classLabels();
    int count = backend.decodesClasses() ? backend.classes().size() : 1;
    for (int c = 0; c < count; c++) {
      classes.add(c);
    }
    if (!given.isEmpty()) {
      classes = List.of(given.get(Math.min(number, given.size() - 1)));
    }
    TorchGenerator random = new TorchGenerator(options.common().seed() + number);
    Found best = null;
    for (int label : classes) {
      float[][] draws = new float[DRAWS][backend.latentSize()];
      for (int i = 1; i < DRAWS; i++) {
        random.randn(draws[i]);
      }
      double[] values = losses(backend, target, label).of(draws);
      for (int i = 0; i < DRAWS; i++) {
        if (best == null || values[i] < best.loss) {
          best = new Found(draws[i], label, values[i]);
        }
      }
    }
    return java.util.Objects.requireNonNull(best);
  }

  private Found search(
      ModelFolder folder,
      LatentBackend backend,
      float[] target,
      Found start,
      By way,
      int budget,
      Progress bar)
      throws IOException {
    LatentSearch.Result result;
    if (way == By.EVOLUTION) {
      SearchConfig config = new SearchConfig(budget, 0, 0.5, 0, options.common().seed());
      result =
          LatentSearch.evolve(
              start.z, losses(backend, target, start.label), config, bar, console.cancellation());
    } else {
      result = descend(folder, backend, target, start, budget, bar);
    }
    return result.loss() < start.loss
        ? new Found(result.latent(), start.label, result.loss())
        : start;
  }

  private LatentSearch.Result descend(
      ModelFolder folder,
      LatentBackend backend,
      float[] target,
      Found start,
      int budget,
      Progress bar)
      throws IOException {
    Path decoder = java.util.Objects.requireNonNull(decoder(folder));
    Map<String, Long> labels =
        backend.decodesClasses() ? Map.of("class_label", (long) start.label) : Map.of();
    Path scratch = ScratchFiles.folder("search");
    try {
      Path file = scratch.resolve("search.onnx");
      Models.write(LatentGradient.meanSquaredError(Models.read(decoder), labels, prior), file);
      int channels = backend.image().channels();
      int height = backend.image().height();
      int width = backend.image().width();
      try (GradientGraph gradient = GradientGraph.load(file, options.common().sessionConfig())) {
        gradient.bind("target", target, 1, channels, height, width);
        return LatentSearch.descend(
            start.z, gradient, new SearchConfig(budget, 0, 0.1, 0, 0), bar, console.cancellation());
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
