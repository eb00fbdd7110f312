package dev.sampo.cli;

import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.samplers.latent.LatentGrid;
import dev.sampo.samplers.random.TorchGenerator;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent grid}. */
@Command(
    name = "grid",
    mixinStandardHelpOptions = true,
    description = "A square of pictures between four latents, drawn from --seed, at its corners.")
final class LatentGridCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "8",
      description = "Pictures a side. Default: ${DEFAULT-VALUE}.")
  private int count = 8;

  LatentGridCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Outputs outputs = new Outputs(console, options.pictures());
    try (LatentDecoder model = options.openDecoder()) {
      float[][] corners = new float[4][model.latentSize()];
      TorchGenerator generator = new TorchGenerator(options.common().seed());
      for (float[] corner : corners) {
        generator.randn(corner);
      }
      float[][] z =
          LatentGrid.corners(
              corners[0],
              corners[1],
              corners[2],
              corners[3],
              count,
              count,
              Interpolation.SPHERICAL);
      PictureBatch pictures = model.decode(z, LatentPoint.oneClass(options, model));
      outputs.pictures(
          options.outOr("grid"), pictures.pixels(), count, options.pngText("grid", Map.of()));
      options.report(console, outputs, pictures);
    }
    return ExitCode.OK;
  }
}
