/// usr/bin/env jbang "$0" "$@" ; exit $?
// JAVA 17+
// REPOS mavenlocal,mavencentral
// DEPS dev.sampo:sampo-imaging:0.1.0-SNAPSHOT
// DEPS org.slf4j:slf4j-simple:2.0.17
// JAVA_OPTIONS -XX:+IgnoreUnrecognizedVMOptions --enable-native-access=ALL-UNNAMED

import dev.sampo.Sampo;
import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.PictureResult;
import java.io.IOException;
import java.nio.file.Path;

/** Draws pictures with a GAN, VAE, StyleGAN or PixelCNN: jbang Sampo.java MODEL-FOLDER OUT.png. */
class SampoScript {
  public static void main(String[] args) throws IOException {
    try (PictureModel model = Sampo.open(Path.of(args[0]), PictureModel.class)) {
      PictureResult result = model.sample(PictureRequest.builder().count(20).seed(7).build());
      Pictures.writePng(
          Path.of(args[1]),
          ContactSheet.builder(result.pictures().pixels()).columns(10).build().render());
      System.out.println(result.pictures().count() + " pictures, seed " + result.seed());
    }
  }
}
