package dev.sampo.picture;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.LevelDraws;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.latent.DiscretizedLogisticMixture;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.specs.ImageFormat;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One drawing of a batch of pictures, pixel by pixel. The window of rows that is fed lies in one tensor that is rewritten; the logits come
 * into one that is pinned, and only the values of the current pixel are read from it.
 */
final class PixelCnnRun implements AutoCloseable {
  /** The window of a graph that takes pictures of one height only. */
  static final int WHOLE = -1;

  private final NamedGraph graph;
  private final ImageFormat image;
  private final int levels;
  private final boolean mixture;
  private final int window;
  private final int count;
  private final int height;
  private final int width;
  private final float[] x;
  private final TorchGenerator generator;
  private final LevelDraws draws;
  private final double temperature;
  private final GraphRun run;
  private final List<Tensor> owned = new ArrayList<>();
  private @Nullable Tensor input;
  private @Nullable Tensor logits;
  private int top;
  private int rows;

  /** How pixels are drawn. */
  record Settings(
      ImageFormat image, int levels, boolean mixture, int window, double temperature, long seed) {}

  PixelCnnRun(NamedGraph graph, Settings settings, PictureBatch start, long[] labels) {
    this.graph = graph;
    this.image = settings.image;
    this.levels = settings.levels;
    this.mixture = settings.mixture;
    this.window = settings.window;
    this.count = start.count();
    this.height = start.heightPx();
    this.width = start.widthPx();
    this.x = values(quantise(start.unsafe(), image, levels), image, levels);
    this.generator = new TorchGenerator(settings.seed);
    this.draws = new LevelDraws(settings.temperature, generator);
    this.temperature = settings.temperature;
    int fixed = graph.fixedBatch("sample");
    if (fixed > 0 && fixed != count) {
      throw new RequestException(
          "count",
          graph.graph().name()
              + " draws "
              + fixed
              + " pictures at a time, asked for "
              + count
              + ".");
    }
    this.run = graph.prepare();
    if (labels.length > 0) {
      Tensor tensor = Tensor.ofLongs(Shape.of(count), labels);
      owned.add(tensor);
      run.constant(graph.inputName("class_label"), tensor);
    }
  }

  /**
   * Draws all that is not known.
   *
   * @param whenCancelled makes the result of what was drawn by then
   */
  PictureBatch draw(boolean[] known, Watch watch, Function<PictureBatch, Object> whenCancelled) {
    long total = (long) height * width;
    int pixel = 0;
    try {
      for (int row = 0; row < height; row++) {
        boolean bound = false;
        for (int column = 0; column < width; column++) {
          pixel = row * width + column;
          if (!known[pixel % known.length]) {
            if (!bound) {
              bindWindow(row);
              bound = true;
            }
            watch.token().throwIfCancelled();
            drawPixel(row, column, watch.token());
          }
          watch.at(pixel + 1L, total);
        }
      }
    } catch (CancelledException e) {
      throw new CancelledException(
          "Cancelled after " + pixel + " of " + total + " pixels.",
          e,
          whenCancelled.apply(PictureBatch.of(count, height, width, image, x)));
    }
    return PictureBatch.owning(count, height, width, image, x.clone());
  }

  private void drawPixel(int row, int column, CancellationToken token) {
    if (mixture) {
      run.run(token);
      drawMixture(row, column);
      return;
    }
    for (int c = 0; c < image.channels(); c++) {
      run.run(token);
      float[][] rowsOfLogits = new float[count][levels];
      int plane = rows * width;
      for (int i = 0; i < count; i++) {
        int at = i * levels * image.channels() * plane + c * plane + (row - top) * width + column;
        read(at, image.channels() * plane, rowsOfLogits[i]);
      }
      int[] drawn = draws.draw(rowsOfLogits);
      for (int i = 0; i < count; i++) {
        set(i, c, row, column, drawn[i]);
      }
    }
  }

  private void drawMixture(int row, int column) {
    int plane = rows * width;
    int parameters = logits().elementCount() / (count * plane);
    DiscretizedLogisticMixture distribution =
        OnnxPixelCnn.mixture(parameters, image.channels(), levels);
    float[] p = new float[parameters];
    for (int i = 0; i < count; i++) {
      read(i * parameters * plane + (row - top) * width + column, plane, p);
      int[] drawn = distribution.sample(p, 0, 1, temperature, generator::nextUniform53);
      for (int c = 0; c < drawn.length; c++) {
        set(i, c, row, column, drawn[c]);
      }
    }
  }

  private Tensor logits() {
    Tensor pinned = logits;
    return pinned == null ? run.result(graph.outputName("logits")) : pinned;
  }

  /** Reads every {@code stride}-th value, from the pinned tensor where the shape is known before. */
  private void read(int at, int stride, float[] out) {
    Tensor tensor = logits();
    if (tensor.hasBuffer()) {
      FloatBuffer buffer = tensor.floatBuffer();
      for (int k = 0; k < out.length; k++) {
        out[k] = buffer.get(at + k * stride);
      }
      return;
    }
    float[] all = tensor.toFloats();
    for (int k = 0; k < out.length; k++) {
      out[k] = all[at + k * stride];
    }
  }

  private void set(int picture, int channel, int row, int column, int level) {
    float value = value(level, image, levels);
    x[((picture * image.channels() + channel) * height + row) * width + column] = value;
    Tensor tensor = input;
    if (tensor != null) {
      int at = ((picture * image.channels() + channel) * rows + row - top) * width + column;
      tensor.floatBuffer().put(at, value);
    }
  }

  /** Feeds the rows that the pixels of {@code row} depend on: never those below; all where the graph's height is fixed. */
  private void bindWindow(int row) {
    boolean whole = window == WHOLE;
    top = whole ? 0 : Math.max(0, row - window);
    int wanted = whole ? height : row - top + 1;
    if (input == null || wanted != rows) {
      rows = wanted;
      bindTensors();
    }
    Tensor tensor = input;
    if (tensor == null) {
      throw new IllegalStateException("No window is bound.");
    }
    for (int i = 0; i < count * image.channels(); i++) {
      tensor.set(i * rows * width, x, (i * height + top) * width, rows * width);
    }
  }

  private void bindTensors() {
    Tensor oldInput = input;
    Tensor oldLogits = logits;
    Tensor fresh =
        Tensor.allocate(ElementType.FLOAT32, Shape.of(count, image.channels(), rows, width));
    input = fresh;
    run.input(graph.inputName("sample"), fresh);
    long[] shape = graph.output("logits").shape().dims();
    shape[0] = count;
    shape[shape.length - 2] = rows;
    shape[shape.length - 1] = width;
    if (shape.length == 5 && !mixture) {
      shape[1] = levels;
      shape[2] = image.channels();
    }
    logits = null;
    boolean seen = true;
    for (long dim : shape) {
      seen &= dim >= 0;
    }
    if (seen) {
      Tensor pinned = Tensor.allocate(ElementType.FLOAT32, Shape.of(shape));
      logits = pinned;
      run.output(graph.outputName("logits"), pinned);
    } else {
      run.output(graph.outputName("logits"));
    }
    close(oldInput);
    close(oldLogits);
  }

  /** The nearest level of each value. */
  static int[] quantise(float[] values, ImageFormat image, int levels) {
    int[] out = new int[values.length];
    for (int i = 0; i < out.length; i++) {
      double unit = (values[i] - image.low()) / (image.high() - image.low());
      out[i] = (int) Math.rint(Math.min(1, Math.max(0, unit)) * (levels - 1));
    }
    return out;
  }

  /** The values of levels, in the network's range. */
  static float[] values(int[] levelsOf, ImageFormat image, int levels) {
    float[] out = new float[levelsOf.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = value(levelsOf[i], image, levels);
    }
    return out;
  }

  private static float value(int level, ImageFormat image, int levels) {
    return (float) (image.low() + level * (image.high() - image.low()) / (levels - 1));
  }

  private static void close(@Nullable Tensor tensor) {
    if (tensor != null) {
      tensor.close();
    }
  }

  @Override
  public void close() {
    run.close();
    close(input);
    close(logits);
    owned.forEach(Tensor::close);
  }
}
