package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.picture.ImageToImagePipeline;
import dev.sampo.picture.ImageToImageRequest;
import dev.sampo.picture.ImageToImageResult;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.picture.Tiling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo image-to-image}. */
@Command(
    name = "image-to-image",
    mixinStandardHelpOptions = true,
    description =
        "Sends pictures through a net: super-resolution, style, colour. Large ones go in tiles.")
final class ImageToImageCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A folder with an image-to-image net.")
  private String model = "";

  @Option(
      names = "--input",
      paramLabel = "FILE",
      required = true,
      description = "A picture; repeatable for pictures of one size.")
  private List<Path> inputs = new ArrayList<>();

  @Option(
      names = "--tile",
      paramLabel = "PIXELS",
      defaultValue = "0",
      description =
          "Side of a tile of the input; 0 for the whole picture where the net takes any size."
              + " Default: ${DEFAULT-VALUE}.")
  private int tile;

  @Option(
      names = "--tile-overlap",
      paramLabel = "PIXELS",
      description = "What neighbouring tiles share. Default: as the model says, else an eighth.")
  private @Nullable Integer overlap;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to write: .png, or .npy for several. Default: MODEL-image-to-image.png.")
  private @Nullable Path out;

  @Mixin private PictureOptions pictures = new PictureOptions().asMade();

  ImageToImageCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (tile < 0) {
      throw new UsageException("--tile is " + tile + ", wanted 0 or more");
    }
    Outputs outputs = new Outputs(console, pictures);
    try (ImageToImagePipeline net =
            Commands.open(
                common.open(ShippedModels.ofHome().resolve(model)),
                common.sessionConfig(),
                ImageToImagePipeline.class,
                "image-to-image");
        Console.Progress bar = console.progress("image-to-image", 100)) {
      List<Pixels> pictures = new ArrayList<>();
      for (Path input : inputs) {
        pictures.add(PictureFiles.read(input));
      }
      ImageToImageRequest request =
          ImageToImageRequest.builder(PictureBatch.ofPixels(pictures, net.image()))
              .tiling(tiling(net))
              .progress(step -> bar.stepTo(100 * step.done() / Math.max(1, step.total())))
              .cancellation(console.cancellation())
              .build();
      ImageToImageResult result = net.run(request);
      outputs.pictures(file(net), result.pictures().pixels(), 1, Map.of("model", net.name()));
      print(outputs, result);
    }
    return ExitCode.OK;
  }

  private Tiling tiling(ImageToImagePipeline net) {
    Tiling usual = net.tiling(tile);
    return overlap == null ? usual : new Tiling(usual.tilePx(), overlap);
  }

  private Path file(ImageToImagePipeline net) {
    return out == null ? Path.of(net.name() + "-image-to-image.png") : out;
  }

  private void print(Outputs outputs, ImageToImageResult result) {
    PictureBatch pictures = result.pictures();
    if (common.json()) {
      ObjectNode document =
          outputs.toJson(
              model,
              common.seedOr(0),
              pictures.count(),
              pictures.format().channels(),
              pictures.heightPx(),
              pictures.widthPx());
      document.remove("seed");
      document
          .putObject("timing")
          .put("load_ms", result.timings().loadMillis())
          .put("run_ms", result.timings().totalMillis());
      console.json(document);
      return;
    }
    outputs.files().forEach(console.out()::println);
    console.note(
        String.format(
            Locale.ROOT,
            "%d x %d pixels in %.0f ms",
            pictures.widthPx(),
            pictures.heightPx(),
            result.timings().totalMillis()));
  }
}
