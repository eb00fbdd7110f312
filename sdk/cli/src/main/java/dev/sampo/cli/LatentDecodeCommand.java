package dev.sampo.cli;

import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.PictureBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent decode}. */
@Command(
    name = "decode",
    mixinStandardHelpOptions = true,
    description = "Pictures of given latents.")
final class LatentDecodeCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--z",
      paramLabel = "FILE.npy",
      required = true,
      description = "Latents, float32 [count, size].")
  private Path z = Path.of("");

  LatentDecodeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Outputs outputs = new Outputs(console, options.pictures());
    try (LatentDecoder model = options.openDecoder()) {
      float[][] latents = LatentOptions.readLatents(z, model.latentSize());
      PictureBatch pictures = model.decode(latents, options.classLabels());
      int columns = (int) Math.ceil(Math.sqrt(latents.length));
      outputs.pictures(
          options.outOr("decode"),
          pictures.pixels(),
          columns,
          options.pngText("decode", Map.of("z", z.toString())));
      options.report(console, outputs, pictures);
    }
    return ExitCode.OK;
  }
}
