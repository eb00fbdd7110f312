package dev.sampo.examples;

import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.VaePipeline;
import dev.sampo.samplers.latent.Interpolation;
import java.io.IOException;
import java.nio.file.Path;

/** Walks from one digit to another through the latents of a VAE. */
public final class VaeWalk {
  private VaeWalk() {}

  /** Writes {@code walk.png} into the folder given. */
  public static void main(String[] args) throws IOException {
    try (VaePipeline vae = VaePipeline.open(Models.path("digits-vae"))) {
      float[][] z = vae.sample(PictureRequest.of(3, 2)).latents();
      float[][] way = Interpolation.SPHERICAL.path(z[0], z[1], 12);
      Path file = Models.out(args).resolve("walk.png");
      Pictures.writePng(
          file,
          ContactSheet.builder(vae.decode(way).pixels()).columns(12).enlarge(2).build().render());
      System.out.println("From one digit to another: " + file);
    }
  }
}
