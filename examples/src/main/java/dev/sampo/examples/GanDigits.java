package dev.sampo.examples;

import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.PictureResult;
import java.io.IOException;
import java.nio.file.Path;

/** Draws eight sevens from a class-conditional GAN. */
public final class GanDigits {
  private GanDigits() {}

  /** Writes {@code sevens.png} into the folder given. */
  public static void main(String[] args) throws IOException {
    try (GanPipeline gan = GanPipeline.open(Models.path("digits-gan"))) {
      PictureResult sevens =
          gan.sample(PictureRequest.builder().seed(7).count(8).classLabel(7).build());
      Path file = Models.out(args).resolve("sevens.png");
      Pictures.writePng(
          file, ContactSheet.builder(sevens.pictures().pixels()).enlarge(3).build().render());
      System.out.println("Eight sevens: " + file);
    }
  }
}
