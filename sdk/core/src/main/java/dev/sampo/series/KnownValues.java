package dev.sampo.series;

import dev.sampo.error.RequestException;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** What a forecaster is told of each step beforehand: given with the request, or read off the calendar. */
final class KnownValues {
  static final String DAY_OF_YEAR = "day-of-year";

  private final float[][] rows;

  private KnownValues(float[][] rows) {
    this.rows = rows;
  }

  /**
   * One row for each step seen and each to come.
   *
   * @param width values of a row, as the graph declares them
   * @param calendar what sampo.json says of them, empty for nothing
   * @throws RequestException when they are missing or do not fit
   */
  static KnownValues of(String model, int width, String calendar, ForecastRequest request) {
    int steps = request.history().length + request.horizon();
    float[][] rows = request.known();
    LocalDate first = request.firstDay();
    if (rows.length == 0 && first != null && calendar.equals(DAY_OF_YEAR)) {
      rows = new float[steps][];
      for (int t = 0; t < steps; t++) {
        double angle = 2 * Math.PI * (first.plusDays(t).getDayOfYear() - 1) / 365.25;
        rows[t] = new float[] {(float) Math.cos(angle), (float) Math.sin(angle)};
      }
    }
    if (rows.length == 0) {
      throw new RequestException(
          calendar.isEmpty() ? "known" : "firstDay",
          model
              + " wants to know the "
              + (calendar.isEmpty() ? "values that are known beforehand" : "day")
              + " of each step. Give "
              + (calendar.isEmpty() ? "known." : "firstDay, the day of the first step seen."));
    }
    check(model, rows, steps, width);
    return new KnownValues(rows);
  }

  private static void check(String model, float[][] rows, int steps, int width) {
    @Nullable String fault = null;
    if (rows.length != steps) {
      fault = rows.length + " rows for " + steps + " steps seen and to come";
    }
    for (float[] row : rows) {
      if (width > 0 && row.length != width) {
        fault = "a row of " + row.length;
      }
    }
    if (fault != null) {
      throw new RequestException(
          "known", model + " wants " + width + " known values a step, got " + fault + ".");
    }
  }

  int width() {
    return rows[0].length;
  }

  /** The rows of the steps after {@code from} and so many on, once for each path: [paths][time][width]. */
  float[] after(int from, int time, int paths) {
    int size = time * width();
    float[] out = new float[paths * size];
    for (int t = 0; t < time; t++) {
      System.arraycopy(rows[from + t + 1], 0, out, t * width(), width());
    }
    for (int i = 1; i < paths; i++) {
      System.arraycopy(out, 0, out, i * size, size);
    }
    return out;
  }
}
