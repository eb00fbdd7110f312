package dev.sampo.spark;

import dev.sampo.error.RequestException;
import dev.sampo.spark.RowTask.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Rows of a partition, batch by batch: as many as the batch size are held, never the partition. */
record RowMapper(
    RowTask task, int input, int key, long seed, int batchSize, Errors errors, Counters counters)
    implements MapPartitionsFunction<Row, Row> {
  private static final long serialVersionUID = 1;

  /** What a row's failure leads to. */
  enum Errors {
    COLUMN,
    NULL_ONLY,
    FAIL
  }

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    int threads = RowTask.threads();
    return new Iterator<Row>() {
      private Iterator<Row> done = List.<Row>of().iterator();

      @Override
      public boolean hasNext() {
        if (!done.hasNext() && rows.hasNext()) {
          done = batch(rows, threads).iterator();
        }
        return done.hasNext();
      }

      @Override
      public Row next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return done.next();
      }
    };
  }

  private List<Row> batch(Iterator<Row> rows, int threads) {
    List<Row> taken = new ArrayList<>();
    List<Object> inputs = new ArrayList<>();
    long[] seeds = new long[batchSize];
    while (taken.size() < batchSize && rows.hasNext()) {
      Row row = rows.next();
      taken.add(row);
      if (!row.isNullAt(input)) {
        Object named = row.get(key < 0 ? input : key);
        seeds[inputs.size()] = RowSeeds.of(seed, keyText(named));
        inputs.add(row.get(input));
      }
    }
    long begin = System.nanoTime();
    Iterator<Outcome> outcomes =
        inputs.isEmpty()
            ? List.<Outcome>of().iterator()
            : task.run(inputs, Arrays.copyOf(seeds, inputs.size()), threads).iterator();
    counters.millis().add((System.nanoTime() - begin) / 1_000_000);
    List<Row> out = new ArrayList<>(taken.size());
    for (Row row : taken) {
      out.add(
          extended(
              row,
              row.isNullAt(input) ? new Outcome(null, "The input is null.", 0) : outcomes.next()));
    }
    return out;
  }

  private static String keyText(Object key) {
    // Bytes name a row by what they are, not by Java's identity.
    return key instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(key);
  }

  private Row extended(Row row, Outcome outcome) {
    counters.rows().add(1);
    counters.tokens().add(outcome.tokens());
    if (outcome.error() != null) {
      counters.failures().add(1);
      if (errors == Errors.FAIL) {
        throw new RequestException(
            null,
            "A row failed, and failOnError is set: "
                + outcome.error()
                + " The row: "
                + shortened(String.valueOf(row)));
      }
    }
    int width = row.length();
    Object[] values = new Object[width + (errors == Errors.COLUMN ? 2 : 1)];
    for (int i = 0; i < width; i++) {
      values[i] = row.get(i);
    }
    values[width] = outcome.value();
    if (errors == Errors.COLUMN) {
      values[width + 1] = outcome.error();
    }
    return RowFactory.create(values);
  }

  private static String shortened(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + " ...";
  }
}
