package dev.sampo.picture;

import dev.sampo.io.NpyArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** The tiny models in the test resources and what PyTorch computes with them. */
public final class Tiny {
  private Tiny() {}

  public static Path folder(String model) {
    try {
      return Path.of(Objects.requireNonNull(Tiny.class.getResource("/latent/" + model)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public static NpyArray npy(String model, String name) {
    try {
      return NpyArray.read(folder(model).resolve(name + ".npy"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static float[] floats(String model, String name) {
    return npy(model, name).toFloats();
  }

  public static float[] flat(float[][] rows) {
    float[] out = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, out, i * rows[0].length, rows[0].length);
    }
    return out;
  }
}
