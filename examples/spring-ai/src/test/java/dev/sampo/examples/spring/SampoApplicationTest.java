package dev.sampo.examples.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampoApplicationTest {
  @Test
  void main_whenAnImageModelIsNamed_thenThePictureIsWritten(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("three.png");
    Path models = Path.of(System.getProperty("sampo.home"), "exporter-specs", "models");
    SampoApplication.main(
        new String[] {
          "--spring.ai.sampo.image.model=" + models.resolve("digits-diffusion"),
          "--sample.picture=3",
          "--sample.out=" + out
        });
    assertEquals(28, ImageIO.read(Files.newInputStream(out)).getWidth());
  }
}
