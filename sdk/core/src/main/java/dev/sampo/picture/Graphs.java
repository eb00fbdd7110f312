package dev.sampo.picture;

import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import java.util.Arrays;

/** Small calls that several pipelines share. */
final class Graphs {
  private Graphs() {}

  /** A batched run over pictures. */
  static Batched pictures(NamedGraph graph, String input, PictureBatch pictures) {
    return new Batched(graph, pictures.count())
        .floats(
            input,
            pictures.unsafe(),
            pictures.format().channels(),
            pictures.heightPx(),
            pictures.widthPx());
  }

  /** Pictures of a graph's output {@code [count, channels, height, width]}. */
  static PictureBatch pictures(LatentModel model, Batched.Result result, int count) {
    long[] shape = result.rowShape();
    if (shape.length != 3 || shape[0] != model.image().channels()) {
      throw new IllegalStateException(
          model.json().name()
              + " gives pictures of shape "
              + Arrays.toString(shape)
              + ", its sampo.json says "
              + model.image().channels()
              + " channels.");
    }
    return PictureBatch.owning(
        count, (int) shape[1], (int) shape[2], model.image(), result.values());
  }
}
