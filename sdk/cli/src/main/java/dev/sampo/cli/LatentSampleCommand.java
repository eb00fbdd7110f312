package dev.sampo.cli;

import dev.sampo.latent.PictureBatch;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent sample}. */
@Command(name = "sample", mixinStandardHelpOptions = true, description = "Draws pictures.")
final class LatentSampleCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many pictures. Default: ${DEFAULT-VALUE}.")
  private int count = 1;

  @Option(
      names = "--truncation",
      paramLabel = "X",
      description =
          "GAN: latents come from a normal cut at 2 and multiplied with X (BigGAN's trick); StyleGAN: psi; VAE: deviation of the latents; PixelCNN: temperature.")
  private @Nullable Double truncation;

  LatentSampleCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Outputs outputs = new Outputs();
    try (LatentBackend backend = options.open();
        Console.Progress bar = console.progress("sample", count)) {
      LatentBackend.Draw draw =
          new LatentBackend.Draw(options.common().seed(), count, options.classLabels(), truncation);
      PictureBatch pictures =
          backend.sample(draw, (done, total) -> bar.stepTo(done), console.cancellation());
      Map<String, String> text = new LinkedHashMap<>();
      text.put("count", String.valueOf(count));
      if (truncation != null) {
        text.put("truncation", truncation.toString());
      }
      outputs.pictures(
          options.outOr("sample"),
          pictures.pixels(),
          columns(backend, count),
          options.pngText("sample", text));
      options.report(
          console,
          outputs,
          outputs.toJson(
              options.model(),
              options.common().seed(),
              count,
              pictures.format().channels(),
              pictures.heightPx(),
              pictures.widthPx()));
    }
    return ExitCode.OK;
  }

  /** One column a class where all classes come in turn, otherwise about square. */
  private int columns(LatentBackend backend, int count) {
    int classes = backend.classes().size();
    boolean inTurn = classes > 1 && options.classLabels().isEmpty();
    return inTurn ? Math.min(classes, 20) : (int) Math.ceil(Math.sqrt(count));
  }
}
