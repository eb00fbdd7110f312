package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What an image processor does to a picture before CLIP's image encoder sees it, for pipelines that hold such an encoder. Immutable. */
public final class PicturePreparation {
  private final ImagePreparation preparation;

  private PicturePreparation(ImagePreparation preparation) {
    this.preparation = preparation;
  }

  /**
   * By {@code preprocessor_config.json} of a folder, or CLIP's own where there is none: scaled to the shorter side, the middle cut out.
   *
   * @param edgePx side of the square that the encoder takes, where no file says it
   * @throws ModelException if the file is no JSON
   */
  public static PicturePreparation read(Path folder, int edgePx) {
    Path file = folder.resolve("preprocessor_config.json");
    JsonMapper json = new JsonMapper();
    ObjectNode usual = json.createObjectNode();
    usual.putObject("size").put("shortest_edge", edgePx);
    usual.putObject("crop_size").put("height", edgePx).put("width", edgePx);
    JsonNode config = usual;
    if (Files.isRegularFile(file)) {
      try {
        config = json.readTree(Files.readAllBytes(file));
      } catch (IOException e) {
        throw new ModelException(file, "Cannot read " + file + ": " + e.getMessage(), e);
      }
    }
    return new PicturePreparation(ImagePreparation.of(config, file));
  }

  /** The picture as the encoder takes it: [3, height, width]. */
  public float[] values(Pixels picture) {
    return preparation.prepare(picture).values();
  }
}
