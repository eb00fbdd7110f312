package dev.sampo.imaging;

import dev.sampo.error.RequestException;
import dev.sampo.io.AtomicFile;
import dev.sampo.picture.Pixels;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOInvalidTreeException;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;

/** Animated GIF files, written by the JDK's own encoder: for interpolations and denoising steps. */
public final class Animations {
  private static final String FORMAT = "javax_imageio_gif_image_1.0";

  private Animations() {}

  /**
   * Writes frames as an animated GIF that repeats for ever. Grey frames keep all 256 shades; RGB frames are reduced to
   * 256 colours each.
   *
   * @param frames at least one, all of one size
   * @param delayMillis how long a frame is shown; GIF counts in steps of 10 ms
   * @throws RequestException when there is no frame or the sizes differ
   * @throws IOException when the file cannot be written
   */
  public static void writeGif(Path file, List<Pixels> frames, int delayMillis) throws IOException {
    if (frames.isEmpty() || delayMillis < 10) {
      throw new RequestException(
          null,
          "An animation has at least one frame and a delay of at least 10 ms, got "
              + frames.size()
              + " frames and "
              + delayMillis
              + " ms.");
    }
    for (Pixels frame : frames) {
      if (frame.widthPx() != frames.get(0).widthPx()
          || frame.heightPx() != frames.get(0).heightPx()) {
        throw new RequestException(
            null, "All frames have one size: " + frames.get(0) + " is followed by " + frame + ".");
      }
    }
    AtomicFile.write(file, out -> encode(out, frames, delayMillis));
  }

  private static void encode(OutputStream out, List<Pixels> frames, int delayMillis)
      throws IOException {
    Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("gif");
    if (!writers.hasNext()) {
      throw new IOException("This JDK has no GIF encoder.");
    }
    ImageWriter writer = writers.next();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.prepareWriteSequence(null);
      for (Pixels frame : frames) {
        BufferedImage image = indexed(frame);
        IIOMetadata metadata = metadata(writer, image, delayMillis);
        writer.writeToSequence(new IIOImage(image, null, metadata), writer.getDefaultWriteParam());
      }
      writer.endWriteSequence();
    } finally {
      writer.dispose();
    }
  }

  private static BufferedImage indexed(Pixels frame) {
    if (frame.channels() != 1) {
      return Pictures.toBufferedImage(frame.withChannels(3));
    }
    byte[] shades = new byte[256];
    for (int i = 0; i < 256; i++) {
      shades[i] = (byte) i;
    }
    IndexColorModel palette = new IndexColorModel(8, 256, shades, shades, shades);
    BufferedImage image =
        new BufferedImage(
            frame.widthPx(), frame.heightPx(), BufferedImage.TYPE_BYTE_INDEXED, palette);
    image.getRaster().setDataElements(0, 0, frame.widthPx(), frame.heightPx(), frame.toBytes());
    return image;
  }

  private static IIOMetadata metadata(ImageWriter writer, BufferedImage image, int delayMillis)
      throws IIOInvalidTreeException {
    ImageWriteParam parameters = writer.getDefaultWriteParam();
    // Not createFromRenderedImage: for an indexed image that one answers with a standard palette.
    IIOMetadata metadata =
        writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), parameters);
    IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(FORMAT);
    IIOMetadataNode control = child(root, "GraphicControlExtension");
    control.setAttribute("disposalMethod", "none");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "FALSE");
    control.setAttribute("delayTime", Integer.toString(Math.round(delayMillis / 10f)));
    control.setAttribute("transparentColorIndex", "0");
    IIOMetadataNode loop = new IIOMetadataNode("ApplicationExtension");
    loop.setAttribute("applicationID", "NETSCAPE");
    loop.setAttribute("authenticationCode", "2.0");
    loop.setUserObject(new byte[] {1, 0, 0});
    child(root, "ApplicationExtensions").appendChild(loop);
    metadata.setFromTree(FORMAT, root);
    return metadata;
  }

  private static IIOMetadataNode child(IIOMetadataNode root, String name) {
    for (int i = 0; i < root.getLength(); i++) {
      if (root.item(i).getNodeName().equals(name)) {
        return (IIOMetadataNode) root.item(i);
      }
    }
    IIOMetadataNode node = new IIOMetadataNode(name);
    root.appendChild(node);
    return node;
  }
}
