package dev.sampo.cli;

import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.samplers.latent.Interpolation;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent interpolate}. */
@Command(
    name = "interpolate",
    mixinStandardHelpOptions = true,
    description = "Walks from one latent to another; an --out that ends in .gif is an animation.")
final class LatentInterpolateCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--from",
      paramLabel = "SEED|FILE",
      required = true,
      description =
          "Where to begin: the seed of a latent, latents in an .npy file, or a picture for a model"
              + " with an encoder.")
  private String from = "";

  @Option(names = "--to", paramLabel = "SEED|FILE", required = true, description = "Where to end.")
  private String to = "";

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "10",
      description = "Pictures, both ends included. Default: ${DEFAULT-VALUE}.")
  private int count = 10;

  @Option(
      names = "--way",
      paramLabel = "WAY",
      defaultValue = "spherical",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Interpolation way = Interpolation.SPHERICAL;

  LatentInterpolateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Outputs outputs = new Outputs(console, options.pictures());
    try (LatentDecoder model = options.openDecoder()) {
      float[] start = LatentPoint.read(from, model);
      float[] end = LatentPoint.read(to, model);
      PictureBatch pictures =
          model.decode(way.path(start, end, count), LatentPoint.oneClass(options, model));
      outputs.pictures(
          options.outOr("interpolate"),
          pictures.pixels(),
          count,
          options.pngText("interpolate", Map.of("from", from, "to", to)));
      options.report(console, outputs, pictures);
    }
    return ExitCode.OK;
  }
}
