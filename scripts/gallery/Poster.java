import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Puts what {@code sampo demo} has written into one picture: java Poster.java DEMO-FOLDER OUT.png. */
public final class Poster {
  private static final int COLUMN_PX = 582;
  private static final int GAP_PX = 10;

  /** A file, and how many of its rows of pixels (all: 0). */
  private record Part(String file, int rowsPx) {}

  private static final List<Part> LEFT =
      List.of(
          new Part("gan.png", 370),
          new Part("diffusion.png", 0),
          new Part("handwriting.png", 0),
          new Part("video.gif", 0));
  private static final List<Part> RIGHT =
      List.of(
          new Part("vae.png", 245),
          new Part("stylegan.png", 196),
          new Part("autoencoder.png", 0),
          new Part("pixelcnn.png", 0),
          new Part("forecast.png", 602));

  private Poster() {}

  public static void main(String[] args) throws IOException {
    Path demo = Path.of(args[0]);
    int height = Math.max(column(null, LEFT, demo, 0), column(null, RIGHT, demo, 0));
    BufferedImage poster =
        new BufferedImage(2 * COLUMN_PX + GAP_PX, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D paint = poster.createGraphics();
    paint.setColor(Color.WHITE);
    paint.fillRect(0, 0, poster.getWidth(), height);
    paint.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    column(paint, LEFT, demo, 0);
    column(paint, RIGHT, demo, COLUMN_PX + GAP_PX);
    paint.dispose();
    if (!ImageIO.write(poster, "png", Path.of(args[1]).toFile())) {
      throw new IOException("no writer for PNG");
    }
  }

  /** Paints a column (or only measures it) and gives its height. */
  private static int column(Graphics2D paint, List<Part> parts, Path demo, int x)
      throws IOException {
    int y = 0;
    for (Part part : parts) {
      BufferedImage picture = ImageIO.read(demo.resolve(part.file()).toFile());
      if (picture == null) {
        throw new IOException(part.file() + " is no picture");
      }
      if (part.rowsPx() > 0) {
        picture =
            picture.getSubimage(
                0, 0, picture.getWidth(), Math.min(part.rowsPx(), picture.getHeight()));
      }
      double scale = Math.min(1, (double) COLUMN_PX / picture.getWidth());
      int width = (int) Math.round(picture.getWidth() * scale);
      int height = (int) Math.round(picture.getHeight() * scale);
      if (paint != null) {
        paint.drawImage(picture, x, y, width, height, null);
      }
      y += height + GAP_PX;
    }
    return y - GAP_PX;
  }
}
