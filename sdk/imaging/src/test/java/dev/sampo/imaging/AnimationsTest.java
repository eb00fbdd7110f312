package dev.sampo.imaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnimationsTest {
  @TempDir Path folder;

  @Test
  void writeGif_whenGreyFrames_thenFramesDelayAndPixelsAreKept() throws IOException {
    Path file = folder.resolve("a.gif");
    List<Pixels> frames =
        List.of(PicturesTest.noise(8, 8, 1), Pixels.filled(8, 8, 77), Pixels.filled(8, 8, 0));
    Animations.writeGif(file, frames, 120);
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      assertEquals(3, reader.getNumImages(true));
      for (int i = 0; i < 3; i++) {
        assertEquals(frames.get(i), Pictures.fromBufferedImage(reader.read(i), 1));
        IIOMetadataNode root =
            (IIOMetadataNode) reader.getImageMetadata(i).getAsTree("javax_imageio_gif_image_1.0");
        IIOMetadataNode control =
            (IIOMetadataNode) root.getElementsByTagName("GraphicControlExtension").item(0);
        assertEquals("12", control.getAttribute("delayTime"));
      }
    } finally {
      reader.dispose();
    }
  }

  @Test
  void writeGif_whenSizesDiffer_thenError() {
    List<Pixels> frames = List.of(Pixels.filled(2, 2, 0), Pixels.filled(3, 2, 0));
    RequestException e =
        assertThrows(
            RequestException.class,
            () -> Animations.writeGif(folder.resolve("a.gif"), frames, 100));
    assertEquals(
        "All frames have one size: Pixels[2x2, 1 channels] is followed by Pixels[3x2, 1 channels].",
        e.getMessage());
  }
}
