package dev.sampo.cli;

import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.samplers.random.TorchGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One latent, as a command line names it. */
final class LatentPoint {
  private LatentPoint() {}

  /** A seed, an {@code .npy} file with one latent, or a picture. */
  static float[] read(String point, LatentDecoder model) throws IOException {
    if (point.matches("\\d+")) {
      float[] z = new float[model.latentSize()];
      new TorchGenerator(Long.parseLong(point)).randn(z);
      return z;
    }
    Path file = Path.of(point);
    if (Outputs.ending(file).equals("npy")) {
      float[][] rows = LatentOptions.readLatents(file, model.latentSize());
      if (rows.length != 1) {
        throw new IllegalArgumentException(file + " holds " + rows.length + " latents, wanted one");
      }
      return rows[0];
    }
    PictureBatch picture = LatentOptions.read(List.of(file), model);
    return model.latentsOf(picture)[0];
  }

  /** The class of a walk: the one given, or the first there is. */
  static List<Integer> oneClass(LatentOptions options, LatentDecoder model) {
    if (options.classLabels().isEmpty() && !model.classes().isEmpty() && model.decodesClasses()) {
      return List.of(0);
    }
    return options.classLabels();
  }
}
