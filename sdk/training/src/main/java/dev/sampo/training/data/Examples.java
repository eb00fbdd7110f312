package dev.sampo.training.data;

import dev.sampo.error.SampoException;
import dev.sampo.io.NpyArray;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.run.Order;
import dev.sampo.training.run.TunerJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Examples as arrays by input name, whose first axis counts the examples: what the batches of a training graph of one's
 * own are cut out of.
 *
 * <pre>{@code
 * Examples all = Examples.ofCsv(file, Map.of("x", List.of("age", "height")), Map.of("labels", "class"));
 * Examples[] parts = all.split(0.1);
 * Job job = new TunerJob(tuner, parts[0].shuffled(32, seed), 1, parts[1].inOrder(32, 8));
 * }</pre>
 */
public final class Examples {
  private record Column(float[] floats, long[] longs, long[] shape, boolean isFloat) {
    int width() {
      int width = 1;
      for (long dim : shape) {
        width *= (int) dim;
      }
      return width;
    }
  }

  private final Map<String, Column> columns;
  private final int first;
  private final int count;

  private Examples(Map<String, Column> columns, int first, int count) {
    this.columns = columns;
    this.first = first;
    this.count = count;
  }

  /**
   * Arrays out of {@code .npy} files, one an input.
   *
   * @throws SampoException if they do not hold the same number of examples
   */
  public static Examples ofNpy(Map<String, Path> files) throws IOException {
    Map<String, Column> columns = new LinkedHashMap<>();
    int count = -1;
    for (Map.Entry<String, Path> file : files.entrySet()) {
      NpyArray array = NpyArray.read(file.getValue());
      long[] shape = array.shape();
      if (shape.length == 0 || shape[0] == 0) {
        throw new SampoException(file.getValue() + " holds no example.");
      }
      if (count >= 0 && count != shape[0]) {
        throw new SampoException(
            file.getValue() + " holds " + shape[0] + " examples, the files before it " + count);
      }
      count = Math.toIntExact(shape[0]);
      boolean floats =
          array.type() == NpyArray.Type.FLOAT32 || array.type() == NpyArray.Type.FLOAT64;
      columns.put(
          file.getKey(),
          new Column(
              floats ? array.toFloats() : new float[0],
              floats ? new long[0] : array.toLongs(),
              Arrays.copyOfRange(shape, 1, shape.length),
              floats));
    }
    return new Examples(columns, 0, Math.max(0, count));
  }

  /**
   * Numbers out of a table whose first line names the columns.
   *
   * @param floats input -> the columns that make it up: float32 [batch, columns]
   * @param longs input -> a column of whole numbers, such as classes: int64 [batch]
   * @throws SampoException if a column is missing or a field is no number
   */
  public static Examples ofCsv(
      Path file, Map<String, List<String>> floats, Map<String, String> longs) throws IOException {
    Tables table = Tables.read(file);
    int count = table.rows().size() - 1;
    if (count == 0) {
      throw new SampoException(file + " has a first line but no example.");
    }
    Map<String, Column> columns = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> input : floats.entrySet()) {
      int width = input.getValue().size();
      float[] all = new float[count * width];
      float[][] rows = table.numbers(input.getValue());
      for (int i = 0; i < count; i++) {
        System.arraycopy(rows[i], 0, all, i * width, width);
      }
      columns.put(input.getKey(), new Column(all, new long[0], new long[] {width}, true));
    }
    for (Map.Entry<String, String> input : longs.entrySet()) {
      float[][] rows = table.numbers(List.of(input.getValue()));
      long[] all = new long[count];
      for (int i = 0; i < count; i++) {
        all[i] = (long) rows[i][0];
        if (all[i] != rows[i][0]) {
          throw new SampoException(
              "Column '"
                  + input.getValue()
                  + "' of "
                  + file
                  + " has "
                  + rows[i][0]
                  + ", which is no whole number.");
        }
      }
      columns.put(input.getKey(), new Column(new float[0], all, new long[0], false));
    }
    return new Examples(columns, 0, count);
  }

  public int size() {
    return count;
  }

  /** Training examples, and the last share of them for validation. */
  public Examples[] split(double validation) {
    if (!(validation >= 0 && validation < 1)) {
      throw new SampoException(
          "The share for validation has to be in [0, 1) (got " + validation + ").");
    }
    int held = (int) Math.round(count * validation);
    return new Examples[] {
      new Examples(columns, first, count - held), new Examples(columns, first + count - held, held)
    };
  }

  /** Batches in an order that every epoch draws anew from the seed; the same step always gives the same batch. */
  public TunerJob.Batches shuffled(int batch, long seed) {
    Order order = new Order(count, batch, seed);
    return step -> pick(order.at(step));
  }

  /** Batches in the order of the file, for validation; the rest that fills no batch is left out. */
  public List<Batch> inOrder(int batch, int atMost) {
    List<Batch> result = new ArrayList<>();
    for (int i = 0; i + batch <= count && result.size() < atMost; i += batch) {
      int[] which = new int[batch];
      for (int b = 0; b < batch; b++) {
        which[b] = i + b;
      }
      result.add(pick(which));
    }
    return result;
  }

  private Batch pick(int[] which) {
    Batch result = new Batch();
    columns.forEach(
        (name, column) -> {
          int width = column.width();
          long[] shape = new long[column.shape.length + 1];
          shape[0] = which.length;
          System.arraycopy(column.shape, 0, shape, 1, column.shape.length);
          float[] floats = new float[column.isFloat ? which.length * width : 0];
          long[] longs = new long[column.isFloat ? 0 : which.length * width];
          for (int b = 0; b < which.length; b++) {
            int from = (first + which[b]) * width;
            if (column.isFloat) {
              System.arraycopy(column.floats, from, floats, b * width, width);
            } else {
              System.arraycopy(column.longs, from, longs, b * width, width);
            }
          }
          if (column.isFloat) {
            result.floats(name, floats, shape);
          } else {
            result.longs(name, longs, shape);
          }
        });
    return result;
  }
}
