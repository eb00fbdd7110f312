package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Timings;
import dev.sampo.imaging.Animations;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.video.VideoPipeline;
import dev.sampo.video.VideoRequest;
import dev.sampo.video.VideoResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo video}: generates clips with a video model. */
@Command(
    name = "video",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Generates a clip with a text-to-video model (Wan, LTX), or of a class with a small one.")
final class VideoCommand implements Callable<Integer> {
  private final Console console;
  private final long start = System.nanoTime();

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(index = "0", paramLabel = "MODEL", description = "Name of a model, or a folder.")
  private String model = "";

  @Option(names = "--prompt", paramLabel = "TEXT", description = "What it shows.")
  private @Nullable String prompt;

  @Option(
      names = {"--class", "--class-label"},
      paramLabel = "N",
      description = "Class of a model without text.")
  private @Nullable Integer classLabel;

  @Option(names = "--negative-prompt", paramLabel = "TEXT", description = "What it shall not show.")
  private @Nullable String negativePrompt;

  @Option(
      names = "--num-frames",
      paramLabel = "N",
      description = "Frames; the next lower number that the model can make. Default: the model's.")
  private @Nullable Integer numFrames;

  @Option(
      names = "--frame-rate",
      paramLabel = "X",
      description = "Frames a second. Default: 25, or 10 for a model without text.")
  private @Nullable Double frameRate;

  @Option(names = "--width", paramLabel = "PIXELS", description = "Width of the frames.")
  private @Nullable Integer width;

  @Option(names = "--height", paramLabel = "PIXELS", description = "Height of the frames.")
  private @Nullable Integer height;

  @Option(names = "--num-inference-steps", paramLabel = "N", description = "Denoising steps.")
  private @Nullable Integer numInferenceSteps;

  @Option(
      names = "--guidance-scale",
      paramLabel = "X",
      description = "Classifier-free guidance; 1 is none.")
  private @Nullable Double guidanceScale;

  @Option(
      names = "--guidance-scale-2",
      paramLabel = "X",
      description = "Guidance of the second transformer (Wan 2.2). Default: --guidance-scale.")
  private @Nullable Double guidanceScale2;

  @Option(
      names = "--max-sequence-length",
      paramLabel = "N",
      description = "Positions of the prompt. Default: the model's.")
  private @Nullable Integer maxSequenceLength;

  @Option(
      names = "--scheduler",
      paramLabel = "NAME",
      description = "Another scheduler, such as FlowMatchEulerDiscrete.")
  private @Nullable String scheduler;

  @Option(
      names = "--tile",
      paramLabel = "PIXELS",
      defaultValue = "0",
      description = "Decode in tiles of that side, which saves memory; 0 for whole.")
  private int tilePx;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where to write: .gif, .png (one numbered picture a frame) or .npy [frames, height,"
              + " width, 3].")
  private @Nullable Path out;

  VideoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Path path = ShippedModels.ofHome().resolve(model);
    Path name = Path.of(model).getFileName();
    Path file =
        out != null
            ? out
            : Path.of((name == null ? "video" : name.toString()) + "-" + common.seed() + ".gif");
    VideoRequest.Builder request = request();
    try (VideoPipeline pipeline =
        Commands.open(common.open(path), common.sessionConfig(), VideoPipeline.class, "video")) {
      double loadMillis = (System.nanoTime() - start) / 1e6;
      if (frameRate == null && !pipeline.takesText()) {
        request.frameRate(10);
      }
      VideoResult result = run(pipeline, request);
      Outputs outputs = new Outputs();
      write(outputs, file, result);
      report(outputs, result, loadMillis);
    }
    return ExitCode.OK;
  }

  private VideoRequest.Builder request() {
    VideoRequest.Builder builder =
        VideoRequest.builder()
            .seed(common.seed())
            .numFrames(numFrames)
            .size(width, height)
            .numInferenceSteps(numInferenceSteps)
            .guidanceScale(guidanceScale)
            .guidanceScale2(guidanceScale2)
            .maxSequenceLength(maxSequenceLength)
            .scheduler(scheduler)
            .tilePx(tilePx);
    if (prompt != null) {
      builder.prompt(prompt);
    }
    if (frameRate != null) {
      builder.frameRate(frameRate);
    }
    if (classLabel != null) {
      builder.classLabel(classLabel);
    }
    if (negativePrompt != null) {
      builder.negativePrompt(negativePrompt);
    }
    builder.build();
    return builder;
  }

  private VideoResult run(VideoPipeline pipeline, VideoRequest.Builder request) {
    Console.Progress[] bar = new Console.Progress[1];
    request
        .cancellation(console.cancellation())
        .progress(
            step -> {
              if (bar[0] == null) {
                bar[0] = console.progress("video", step.total());
              }
              bar[0].stepTo(step.done());
            });
    try {
      return pipeline.generate(request.build());
    } finally {
      if (bar[0] != null) {
        bar[0].close();
      }
    }
  }

  private void write(Outputs outputs, Path file, VideoResult result) throws IOException {
    PictureBatch clip = result.videos().get(0);
    List<Pixels> frames = clip.pixels();
    Outputs.makeFolder(file);
    switch (Outputs.ending(file)) {
      case "gif" -> {
        Animations.writeGif(file, frames, (int) Math.max(20, Math.rint(1000 / result.frameRate())));
        outputs.wrote(file);
      }
      case "png" -> {
        String name = String.valueOf(file.getFileName());
        String stem = name.substring(0, name.length() - ".png".length());
        for (int i = 0; i < frames.size(); i++) {
          Path numbered = file.resolveSibling(String.format(Locale.ROOT, "%s-%04d.png", stem, i));
          Pictures.writePng(numbered, frames.get(i), result.settings());
          outputs.wrote(numbered);
        }
      }
      case "npy" -> {
        bytes(frames).write(file);
        outputs.wrote(file);
      }
      default ->
          throw new UsageException(
              "--out is '" + file + "'; clips are written as .gif, numbered .png or .npy");
    }
  }

  private static NpyArray bytes(List<Pixels> frames) {
    Pixels first = frames.get(0);
    int size = first.toBytes().length;
    byte[] all = new byte[frames.size() * size];
    for (int i = 0; i < frames.size(); i++) {
      System.arraycopy(frames.get(i).toBytes(), 0, all, i * size, size);
    }
    return NpyArray.ofBytes(
        all, frames.size(), first.heightPx(), first.widthPx(), first.channels());
  }

  private void report(Outputs outputs, VideoResult result, double loadMillis) {
    Timings timings = result.timings();
    PictureBatch clip = result.videos().get(0);
    if (common.json()) {
      ObjectNode document =
          outputs.toJson(
              model, result.seed(), clip.count(), clip.channels(), clip.heightPx(), clip.widthPx());
      document
          .putObject("timing")
          .put("load_ms", loadMillis)
          .put("loop_ms", timings.loopMillis())
          .put("model_ms", timings.modelMillis())
          .put("total_ms", timings.totalMillis())
          .put("steps_per_second", timings.stepsPerSecond());
      console.json(document);
      return;
    }
    List<Path> files = new ArrayList<>(outputs.files());
    files.forEach(console.out()::println);
    console.note(
        String.format(
            Locale.ROOT,
            "seed %d, %d frames, %s steps a second, loaded in %.0f ms",
            result.seed(),
            clip.count(),
            Rates.of(timings.stepsPerSecond()),
            loadMillis));
  }
}
