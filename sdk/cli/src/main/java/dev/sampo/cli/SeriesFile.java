package dev.sampo.cli;

import dev.sampo.io.NpyArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A series that was seen, from a CSV or NumPy file.
 *
 * @param rows {@code [time][channels]}, oldest first
 * @param firstDay the date of the first row, where the file has dates
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
record SeriesFile(float[][] rows, @Nullable LocalDate firstDay) {
  private static final Pattern DAY = Pattern.compile("^\\s*(\\d{4}-\\d\\d-\\d\\d)\\s*[,;\t]");

  /**
   * Reads a file.
   *
   * @param days whether a first column may hold dates
   * @throws UsageException when the file does not hold so many channels; the message names the line
   */
  static SeriesFile read(Path file, int channels, boolean days) throws IOException {
    return Outputs.ending(file).equals("npy") ? npy(file, channels) : csv(file, channels, days);
  }

  private static SeriesFile npy(Path file, int channels) throws IOException {
    NpyArray array = NpyArray.read(file);
    float[] flat = array.toFloats();
    long[] shape = array.shape();
    boolean fits = shape.length == 1 ? channels == 1 : shape.length == 2 && shape[1] == channels;
    if (!fits) {
      throw new UsageException(
          "--input "
              + file
              + " has shape "
              + Arrays.toString(shape)
              + ", wanted [time, "
              + channels
              + "]");
    }
    float[][] rows = new float[flat.length / channels][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(flat, i * channels, (i + 1) * channels);
    }
    return new SeriesFile(rows, null);
  }

  private static SeriesFile csv(Path file, int channels, boolean days) throws IOException {
    List<float[]> rows = new ArrayList<>();
    LocalDate first = null;
    int number = 0;
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      number++;
      boolean header = number == 1 && !line.matches("\\s*[-+.0-9].*");
      if (line.isBlank() || header) {
        continue;
      }
      Matcher day = DAY.matcher(line);
      boolean dated = days && day.find();
      if (dated && rows.isEmpty()) {
        first = date(file, number, day.group(1));
      }
      rows.add(row(file, dated ? line.substring(day.end()) : line, number, channels));
    }
    return new SeriesFile(rows.toArray(new float[0][]), first);
  }

  private static LocalDate date(Path file, int number, String text) {
    try {
      return LocalDate.parse(text);
    } catch (DateTimeException e) {
      throw new UsageException(
          "--input " + file + ", line " + number + ": '" + text + "' is no date", e);
    }
  }

  private static float[] row(Path file, String line, int number, int channels) {
    String[] cells = line.split("[,;\t]", -1);
    if (cells.length != channels) {
      throw new UsageException(
          "--input "
              + file
              + ", line "
              + number
              + ": "
              + cells.length
              + " values, the model wants "
              + channels);
    }
    float[] row = new float[channels];
    for (int c = 0; c < channels; c++) {
      try {
        row[c] = Float.parseFloat(cells[c].trim());
      } catch (NumberFormatException e) {
        throw new UsageException(
            "--input " + file + ", line " + number + ": '" + cells[c] + "' is no number", e);
      }
    }
    return row;
  }
}
