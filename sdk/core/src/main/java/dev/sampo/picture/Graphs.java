package dev.sampo.picture;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Stopwatch;
import java.util.Arrays;

/** Small calls that several pipelines share. */
final class Graphs {
  private Graphs() {}

  /** A batched run over pictures; a graph that wants channels last (TensorFlow's exports) gets them so. */
  static Batched pictures(NamedGraph graph, String input, PictureBatch pictures) {
    int c = pictures.format().channels();
    int h = pictures.heightPx();
    int w = pictures.widthPx();
    Batched run = new Batched(graph, pictures.count());
    long[] dims = graph.input(input).shape().dims();
    boolean last = dims.length == 4 && dims[3] == c && dims[1] != c && dims[1] != -1;
    last |= dims.length == 4 && dims[3] == c && dims[1] == -1 && dims[2] == -1;
    return last
        ? run.floats(input, swapped(pictures.unsafe(), c, h * w), h, w, c)
        : run.floats(input, pictures.unsafe(), c, h, w);
  }

  /** Pictures of a graph's output {@code [count, channels, height, width]}, or with channels last. */
  static PictureBatch pictures(LatentModel model, Batched.Result result, int count) {
    long[] shape = result.rowShape();
    int channels = model.image().channels();
    if (shape.length == 3 && shape[0] != channels && shape[2] == channels) {
      float[] chw = swapped(result.values(), (int) (shape[0] * shape[1]), channels);
      return PictureBatch.owning(count, (int) shape[0], (int) shape[1], model.image(), chw);
    }
    if (shape.length != 3 || shape[0] != channels) {
      throw model.fault(
          model.json().name()
              + " gives pictures of shape "
              + Arrays.toString(shape)
              + ", its sampo.json says "
              + channels
              + " channels.");
    }
    return PictureBatch.owning(
        count, (int) shape[1], (int) shape[2], model.image(), result.values());
  }

  /** Matrices [rows, columns], one after another, to [columns, rows]. */
  private static float[] swapped(float[] values, int rows, int columns) {
    float[] out = new float[values.length];
    int size = rows * columns;
    for (int from = 0; from < values.length; from += size) {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          out[from + c * rows + r] = values[from + r * columns + c];
        }
      }
    }
    return out;
  }

  /** What a cancelled drawing had by then, as a result. */
  static CancelledException cancelled(
      CancelledException e,
      LatentModel model,
      long seed,
      float[][] z,
      long[] labels,
      Stopwatch clock) {
    Batched.Done done = e.partial(Batched.Done.class);
    if (done == null || done.count() == 0) {
      return new CancelledException(String.valueOf(e.getMessage()), e);
    }
    int n = done.count();
    clock.loopEnds(n);
    PictureResult partial =
        new PictureResult(
            pictures(model, done.results().get(0), n),
            seed,
            Arrays.copyOf(z, n),
            labels.length == 0 ? labels : Arrays.copyOf(labels, n),
            new float[0],
            clock.timings());
    return new CancelledException(String.valueOf(e.getMessage()), e, partial);
  }

  /** A product of counts. */
  static int times(String option, int a, int b) {
    long product = (long) a * b;
    if (product > Integer.MAX_VALUE) {
      throw new RequestException(option, a + " times " + b + " pictures are too many.");
    }
    return (int) product;
  }
}
