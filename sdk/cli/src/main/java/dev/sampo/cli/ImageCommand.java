package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Timings;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionResult;
import dev.sampo.diffusion.staged.StagedRequest;
import dev.sampo.diffusion.staged.StagedResult;
import dev.sampo.io.NpyArray;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo image}: generates pictures with a diffusion model. */
@Command(
    name = "image",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Generates pictures with a diffusion model.")
final class ImageCommand implements Callable<Integer> {
  private final Console console;
  private final long start = System.nanoTime();

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, or a folder.")
  private String model = "";

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "What the picture shows; repeatable for several pictures.")
  private List<String> prompts = new ArrayList<>();

  @Option(
      names = "--negative-prompt",
      paramLabel = "TEXT",
      description = "What it shall not show: one for all, or one a prompt.")
  private List<String> negativePrompts = new ArrayList<>();

  @Option(
      names = "--prompt-2",
      paramLabel = "TEXT",
      description = "What the second text encoder reads (XL, SD 3, Flux); repeatable.")
  private List<String> prompts2 = new ArrayList<>();

  @Option(
      names = "--prompt-3",
      paramLabel = "TEXT",
      description = "What the third text encoder reads (SD 3); repeatable.")
  private List<String> prompts3 = new ArrayList<>();

  @Option(
      names = "--negative-prompt-2",
      paramLabel = "TEXT",
      description = "The second encoder's negative prompt.")
  private List<String> negativePrompts2 = new ArrayList<>();

  @Option(
      names = "--negative-prompt-3",
      paramLabel = "TEXT",
      description = "The third encoder's negative prompt.")
  private List<String> negativePrompts3 = new ArrayList<>();

  @Option(
      names = "--clip-skip",
      paramLabel = "N",
      description = "Layers of the CLIP encoders to leave out at their end.")
  private @Nullable Integer clipSkip;

  @Mixin private SizeOptions sizes = new SizeOptions();

  @Option(
      names = "--class-label",
      paramLabel = "N",
      split = ",",
      description = "The class, for a model with classes; repeatable for several pictures.")
  private List<Integer> classLabels = new ArrayList<>();

  @Option(names = "--num-inference-steps", paramLabel = "N", description = "Denoising steps.")
  private @Nullable Integer numInferenceSteps;

  @Option(
      names = "--guidance-scale",
      paramLabel = "X",
      description = "Classifier-free guidance; 1 is none.")
  private @Nullable Double guidanceScale;

  @Option(
      names = "--scheduler",
      paramLabel = "NAME",
      description = "Another scheduler, such as EulerDiscrete or DPMSolverMultistep.")
  private @Nullable String scheduler;

  @Option(
      names = "--scheduler-option",
      paramLabel = "KEY=VALUE",
      description =
          "A key of the scheduler's configuration, such as timestep_spacing=trailing; repeatable.")
  private Map<String, String> schedulerOptions = new LinkedHashMap<>();

  @Option(
      names = "--guidance-rescale",
      paramLabel = "X",
      defaultValue = "0",
      description = "How much of guided contrast is taken back, 0 to 1. Default: ${DEFAULT-VALUE}.")
  private double guidanceRescale;

  @Option(
      names = "--use-clipped-model-output",
      description = "DDIM: take the noise anew from the clipped picture.")
  private boolean useClippedModelOutput;

  @Option(names = "--eta", paramLabel = "X", description = "Noise that DDIM and TCD add, 0 to 1.")
  private @Nullable Double eta;

  @Option(names = "--width", paramLabel = "PIXELS", description = "Width of the picture.")
  private @Nullable Integer width;

  @Option(names = "--height", paramLabel = "PIXELS", description = "Height of the picture.")
  private @Nullable Integer height;

  @Option(
      names = "--num-images",
      paramLabel = "N",
      defaultValue = "1",
      description = "Pictures a prompt or class. Default: ${DEFAULT-VALUE}.")
  private int numImages = 1;

  @Option(names = "--init-image", paramLabel = "FILE", description = "A picture to start from.")
  private @Nullable Path initImage;

  @Option(
      names = "--strength",
      paramLabel = "X",
      description = "How much of --init-image is changed, 0 to 1. Default: 0.8.")
  private @Nullable Double strength;

  @Option(
      names = "--mask",
      paramLabel = "FILE",
      description = "White where --init-image is painted anew.")
  private @Nullable Path mask;

  @Option(
      names = "--latents",
      paramLabel = "FILE.npy",
      description = "Noise to start from, float32 [batch, channels, height, width].")
  private @Nullable Path latents;

  /** What is written. */
  enum OutputType {
    IMAGE,
    LATENT
  }

  @Option(
      names = "--output-type",
      paramLabel = "image|latent",
      defaultValue = "image",
      description = "Pictures, or the latents at the end of the loop. Default: ${DEFAULT-VALUE}.")
  private OutputType outputType = OutputType.IMAGE;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to write: .png (several pictures become a contact sheet), .gif or .npy.")
  private @Nullable Path out;

  @Mixin private PictureOptions pictures = new PictureOptions();

  ImageCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if ((mask != null || strength != null) && initImage == null) {
      throw new UsageException(
          "--mask and --strength go with --init-image: name the picture to start from.");
    }
    Path path = ShippedModels.ofHome().resolve(model);
    // Checks what can be checked without the model first.
    DiffusionRequest.Builder builder = request();
    ModelFolder folder = common.open(path);
    if (StagedImage.isFor(folder)) {
      return staged(folder);
    }
    try (DiffusionPipeline pipeline =
        Commands.open(folder, common.sessionConfig(), DiffusionPipeline.class, "image")) {
      double loadMillis = (System.nanoTime() - start) / 1e6;
      DiffusionResult result = run(pipeline, builder);
      Outputs outputs = new Outputs(console, pictures);
      Path file = out == null ? defaultOut() : out;
      write(outputs, file, result);
      report(outputs, result, loadMillis);
    }
    return ExitCode.OK;
  }

  /** A model in stages: the same command with the options that such models know. */
  private int staged(ModelFolder folder) throws IOException {
    if (initImage != null
        || latents != null
        || scheduler != null
        || !schedulerOptions.isEmpty()
        || !classLabels.isEmpty()
        || outputType == OutputType.LATENT) {
      throw new UsageException(
          folder.name()
              + " makes its pictures in stages: it takes --prompt, --negative-prompt, --num-images,"
              + " --num-inference-steps, --guidance-scale, --width and --height.");
    }
    StagedRequest.Builder builder =
        StagedImage.request(
                prompts.toArray(new String[0]),
                negativePrompts.toArray(new String[0]),
                numImages,
                common.seed(),
                numInferenceSteps,
                guidanceScale)
            .size(width, height);
    StagedResult result = StagedImage.run(folder, common.sessionConfig(), builder, console);
    DiffusionResult shown =
        new DiffusionResult(
            result.pictures(),
            result.pictures(),
            result.seed(),
            result.settings(),
            null,
            result.timings());
    Outputs outputs = new Outputs(console, pictures);
    write(outputs, out == null ? defaultOut() : out, shown);
    report(outputs, shown, (System.nanoTime() - start) / 1e6 - result.timings().totalMillis());
    return ExitCode.OK;
  }

  private DiffusionResult run(DiffusionPipeline pipeline, DiffusionRequest.Builder builder) {
    Console.Progress[] bar = new Console.Progress[1];
    builder
        .cancellation(console.cancellation())
        .progress(
            step -> {
              if (bar[0] == null) {
                bar[0] = console.progress("image", (int) step.total());
              }
              bar[0].stepTo((int) step.done());
            });
    try {
      return pipeline.generate(builder.build());
    } finally {
      if (bar[0] != null) {
        bar[0].close();
      }
    }
  }

  private DiffusionRequest.Builder request() throws IOException {
    DiffusionRequest.Builder builder =
        DiffusionRequest.builder()
            .prompt(prompts.toArray(new String[0]))
            .negativePrompt(negativePrompts.toArray(new String[0]))
            .classLabel(classLabels.stream().mapToInt(i -> i).toArray())
            .count(numImages)
            .seed(common.seed())
            .size(width, height)
            .numInferenceSteps(numInferenceSteps)
            .guidanceScale(guidanceScale)
            .eta(eta)
            .scheduler(scheduler)
            .prompt2(prompts2.toArray(new String[0]))
            .prompt3(prompts3.toArray(new String[0]))
            .negativePrompt2(negativePrompts2.toArray(new String[0]))
            .negativePrompt3(negativePrompts3.toArray(new String[0]))
            .clipSkip(clipSkip)
            .guidanceRescale(guidanceRescale)
            .useClippedModelOutput(useClippedModelOutput)
            .sizes(sizes.conditions())
            .negativeSizes(sizes.negativeConditions());
    schedulerOptions.forEach(
        (key, value) -> builder.schedulerOption(key, SchedulerKeys.value(value)));
    if (initImage != null) {
      builder.image(PictureFiles.read(initImage));
    }
    if (strength != null) {
      builder.strength(strength);
    }
    if (mask != null) {
      builder.mask(PictureFiles.read(mask));
    }
    if (latents != null) {
      builder.initialNoise(readLatents(latents));
    }
    builder.build();
    return builder;
  }

  private static PictureBatch readLatents(Path file) throws IOException {
    NpyArray array = NpyArray.read(file);
    long[] shape = array.shape();
    if (shape.length != 4) {
      throw new UsageException(
          file
              + " has shape "
              + Arrays.toString(shape)
              + ", wanted [batch, channels, height, width]");
    }
    return PictureBatch.of(
        (int) shape[0], (int) shape[1], (int) shape[2], (int) shape[3], array.toFloats());
  }

  private Path defaultOut() {
    Path name = Path.of(model).getFileName();
    String ending = outputType == OutputType.LATENT ? ".npy" : ".png";
    return Path.of((name == null ? "image" : name.toString()) + "-" + common.seed() + ending);
  }

  private void write(Outputs outputs, Path file, DiffusionResult result) throws IOException {
    boolean array = Outputs.ending(file).equals("npy");
    if (outputType == OutputType.LATENT && !array) {
      throw new UsageException("--out is '" + file + "'; latents are written as .npy");
    }
    if (!array) {
      List<Pixels> pictures = result.pictures().pixels();
      int columns = (int) Math.ceil(Math.sqrt(pictures.size()));
      Map<String, String> text = new LinkedHashMap<>();
      text.put("Software", "sampo " + Version.sampo());
      text.putAll(result.settings());
      outputs.pictures(file, pictures, columns, text);
      return;
    }
    PictureBatch values = outputType == OutputType.LATENT ? result.latents() : result.pictures();
    Outputs.makeFolder(file);
    NpyArray.ofFloats(
            values.toArray(),
            values.count(),
            values.channels(),
            values.heightPx(),
            values.widthPx())
        .write(file);
    outputs.wrote(file);
  }

  private void report(Outputs outputs, DiffusionResult result, double loadMillis) {
    Timings timings = result.timings();
    double stepsPerSecond = timings.stepsPerSecond();
    if (common.json()) {
      PictureBatch shape = outputType == OutputType.LATENT ? result.latents() : result.pictures();
      ObjectNode document =
          outputs.toJson(
              model,
              common.seed(),
              shape.count(),
              shape.channels(),
              shape.heightPx(),
              shape.widthPx());
      document
          .putObject("timing")
          .put("load_ms", loadMillis)
          .put("loop_ms", timings.loopMillis())
          .put("model_ms", timings.modelMillis())
          .put("total_ms", timings.totalMillis())
          .put("model_calls", timings.steps())
          .put("steps_per_second", stepsPerSecond);
      console.json(document);
      return;
    }
    outputs.files().forEach(console.out()::println);
    console.note(
        String.format(
            Locale.ROOT,
            "seed %d, %d model calls, %s a second, loaded in %.0f ms",
            common.seed(),
            timings.steps(),
            Rates.of(stepsPerSecond),
            loadMillis));
  }
}
