package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.picture.LatentDecoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent encode}. */
@Command(
    name = "encode",
    mixinStandardHelpOptions = true,
    description = "Latents of pictures, printed or written to an .npy file.")
final class LatentEncodeCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      required = true,
      description = "A picture, or pictures in an .npy file; repeatable.")
  private List<Path> inputs = new ArrayList<>();

  LatentEncodeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Outputs outputs = new Outputs(console, options.pictures());
    try (LatentDecoder model = options.openDecoder()) {
      float[][] z = model.latentsOf(LatentOptions.read(inputs, model));
      Path out = options.out();
      if (out != null) {
        outputs.rows(out, z);
      }
      ObjectNode document =
          outputs.toJson(options.model(), options.common().seed(), z.length, z[0].length);
      if (out == null) {
        ArrayNode rows = document.putArray("latents");
        for (float[] row : z) {
          ArrayNode numbers = rows.addArray();
          for (float value : row) {
            numbers.add(value);
          }
          if (!options.common().json()) {
            console.out().println(Arrays.toString(row));
          }
        }
      }
      options.report(console, outputs, document);
    }
    return ExitCode.OK;
  }
}
