package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.picture.PictureModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent score}. */
@Command(
    name = "score",
    mixinStandardHelpOptions = true,
    description =
        "One number a picture: how real it looks to a GAN's discriminator, how likely it is to a VAE, how ill it fits an autoencoder.")
final class LatentScoreCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      required = true,
      description = "A picture, or pictures in an .npy file; repeatable.")
  private List<Path> inputs = new ArrayList<>();

  LatentScoreCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Outputs outputs = new Outputs(console, options.pictures());
    try (PictureModel model = options.open()) {
      PictureModel.Scores scores =
          model.score(
              LatentOptions.read(inputs, model), options.classLabels(), options.common().seed());
      double[] values = scores.values();
      Path out = options.out();
      if (out != null) {
        float[][] rows = new float[values.length][1];
        for (int i = 0; i < values.length; i++) {
          rows[i][0] = (float) values[i];
        }
        outputs.rows(out, rows);
      }
      ObjectNode document = outputs.toJson(options.model(), options.common().seed(), values.length);
      document.put("meaning", scores.meaning());
      ArrayNode numbers = document.putArray("scores");
      for (double value : values) {
        numbers.add(value);
        if (!options.common().json()) {
          console.out().println(String.format(Locale.ROOT, "%.4f", value));
        }
      }
      options.report(console, outputs, document);
    }
    return ExitCode.OK;
  }
}
