package dev.sampo.tokenizer.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The character tables of the reference, read from {@code unicode.txt}. They are those of the reference's components,
 * which differ from each other, from Java's and from Android's; {@code tools/gen_unicode.py} makes the file.
 */
public final class UnicodeTables {
  // From the root: a shrinker moves this class to another package and leaves the file where it is.
  private static final String FILE = "/dev/sampo/tokenizer/text/unicode.txt";

  private static final Map<String, String> LINES = readLines();
  private static final ConcurrentHashMap<String, CodePointSet> SETS = new ConcurrentHashMap<>();

  private UnicodeTables() {}

  /** The set of that name. Throws IllegalArgumentException if there is none. */
  public static CodePointSet set(String name) {
    CodePointSet known = findSet(name);
    if (known == null) {
      throw new IllegalArgumentException("No character table '" + name + "'");
    }
    return known;
  }

  /** The set of that name, or null. */
  public static @Nullable CodePointSet findSet(String name) {
    CodePointSet known = SETS.get(name);
    if (known != null) {
      return known;
    }
    String line = LINES.get(name);
    if (line == null) {
      return null;
    }
    int[] numbers = numbers(line);
    int end = -1;
    for (int i = 0; i + 1 < numbers.length; i += 2) {
      numbers[i] = end + 1 + numbers[i];
      numbers[i + 1] = numbers[i] + numbers[i + 1];
      end = numbers[i + 1];
    }
    CodePointSet made = CodePointSet.ofRanges(numbers);
    SETS.put(name, made);
    return made;
  }

  /** Whether there is a table of that name. */
  public static boolean has(String name) {
    return LINES.containsKey(name);
  }

  /** The names of all tables that begin with {@code prefix}. */
  public static List<String> names(String prefix) {
    List<String> names = new ArrayList<>();
    for (String name : LINES.keySet()) {
      if (name.startsWith(prefix)) {
        names.add(name);
      }
    }
    return names;
  }

  /** The map of that name: (code point, count, that many code points), one after the other. */
  public static int[] map(String name) {
    String line = LINES.get(name);
    if (line == null) {
      throw new IllegalArgumentException("No character table '" + name + "'");
    }
    return numbers(line);
  }

  private static int[] numbers(String line) {
    int[] out = new int[line.length() / 2 + 1];
    int count = 0;
    int value = -1;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == ' ') {
        out[count++] = value;
        value = -1;
      } else {
        value = (value < 0 ? 0 : value * 36) + Character.digit(c, 36);
      }
    }
    if (value >= 0) {
      out[count++] = value;
    }
    return Arrays.copyOf(out, count);
  }

  private static Map<String, String> readLines() {
    Map<String, String> lines = new HashMap<>();
    try (InputStream in = UnicodeTables.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException("The jar of sampo-tokenizer lacks " + FILE);
      }
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII), 1 << 16);
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        int tab = line.indexOf('\t');
        lines.put(line.substring(0, tab), line.substring(tab + 1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }
}
