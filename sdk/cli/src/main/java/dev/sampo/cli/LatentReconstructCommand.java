package dev.sampo.cli;

import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent reconstruct}. */
@Command(
    name = "reconstruct",
    mixinStandardHelpOptions = true,
    description =
        "Encodes pictures and decodes them again; the sheet shows the originals above what came"
            + " back.")
final class LatentReconstructCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      required = true,
      description = "A picture, or pictures in an .npy file; repeatable.")
  private List<Path> inputs = new ArrayList<>();

  LatentReconstructCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Outputs outputs = new Outputs(console, options.pictures());
    try (LatentDecoder model = options.openDecoder()) {
      PictureBatch originals = LatentOptions.read(inputs, model);
      PictureBatch restored = model.decode(model.latentsOf(originals), options.classLabels());
      List<Pixels> cells = new ArrayList<>(originals.pixels());
      Path out = options.outOr("reconstruct");
      if (Outputs.ending(out).equals("png")) {
        cells.addAll(restored.pixels());
      } else {
        cells = restored.pixels();
      }
      outputs.pictures(out, cells, originals.count(), options.pngText("reconstruct", Map.of()));
      options.report(console, outputs, restored);
    }
    return ExitCode.OK;
  }
}
