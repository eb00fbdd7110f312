package dev.sampo.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Feeds the readers with seeds changed at random, without looking at coverage: many more inputs a second than the fuzzer has, in one process, and the
 * same ones for the same seed. Arguments: the folder of seeds, seconds a reader, the seed, and names of readers (none: all).
 */
public final class FuzzPlain {
  private static final int MAX_BYTES = 1 << 18;
  private static final byte[][] TOKENS = {
    {0, 0, 0, 0},
    {-1, -1, -1, -1},
    {-1, -1, -1, 127},
    {127, -1, -1, -1},
    {0, 0, 0, -128},
    {-128},
    {-1},
    {0},
    bytes("null"),
    bytes("-1"),
    bytes("1e999"),
    bytes("9223372036854775808"),
    bytes("\"\""),
    bytes("[]"),
    bytes("{}"),
    bytes("true"),
    bytes("\\u0000"),
    bytes("{{"),
    bytes("}}"),
    bytes("%}"),
    bytes("((("),
    bytes("2147483647"),
    bytes("NaN")
  };

  private static final long TURN_SECONDS = 15;

  /** A number, a text, a word or an opening of a JSON text, after a colon, a comma or a bracket. */
  private static final Pattern JSON_VALUE =
      Pattern.compile(
          "(?<=[:,\\[])\\s*(-?[0-9][-+.0-9eE]*|\"[^\"]{0,200}\"|true|false|null|\\[|\\{)");

  private static final String[] JSON_VALUES = {
    "null", "true", "0", "-1", "1.5", "2147483647", "-2147483648", "4294967296", "1e400", "1e-400",
        "9007199254740993",
    "\"\"", "\"x\"", "\"../../x\"", "\"\\u0000\"", "[]", "{}", "[1]", "[[]]", "{\"a\":[]}",
        "100000000", "65536"
  };

  private final Random random;
  private final FuzzCounts counts;
  private final List<byte[]> seeds;

  private FuzzPlain(long seed, FuzzCounts counts, List<byte[]> seeds) {
    this.random = new Random(seed);
    this.counts = counts;
    this.seeds = seeds;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  public static void main(String[] args) throws IOException {
    List<String> readers =
        args.length > 3
            ? Arrays.asList(args).subList(3, args.length)
            : new ArrayList<>(FuzzReaders.all().keySet());
    List<FuzzPlain> all = new ArrayList<>();
    for (String reader : readers) {
      List<byte[]> seeds = seeds(Path.of(args[0], reader));
      all.add(new FuzzPlain(Long.parseLong(args[2]), new FuzzCounts(reader), seeds));
    }
    // In turns, so that a run that is ended early has looked at all of them.
    long left = Long.parseLong(args[1]);
    for (; left > 0; left -= TURN_SECONDS) {
      for (FuzzPlain each : all) {
        each.run(Math.min(left, TURN_SECONDS));
      }
    }
    all.forEach(each -> System.out.println(each.counts));
    System.exit(0);
  }

  private void run(long seconds) {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (System.nanoTime() < end) {
      counts.take(next());
    }
    counts.report();
  }

  private static List<byte[]> seeds(Path folder) throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.sorted().collect(Collectors.toList())) {
        seeds.add(Files.readAllBytes(file));
      }
    }
    if (seeds.isEmpty()) {
      seeds.add(new byte[0]);
    }
    return seeds;
  }

  private byte[] next() {
    byte[] input = seeds.get(random.nextInt(seeds.size())).clone();
    for (int changes = 1 + random.nextInt(random.nextBoolean() ? 2 : 12); changes > 0; changes--) {
      input = changed(input);
    }
    return input;
  }

  private byte[] changed(byte[] input) {
    int at = random.nextInt(input.length + 1);
    int length = random.nextInt(1 + Math.min(input.length - at, 1 << random.nextInt(10)));
    switch (random.nextInt(11)) {
      case 0:
        return replaced(
            input, at, Math.min(1, input.length - at), new byte[] {(byte) random.nextInt(256)});
      case 1:
        return replaced(input, at, length, new byte[0]);
      case 2:
        byte[] token = TOKENS[random.nextInt(TOKENS.length)];
        return replaced(
            input, at, random.nextBoolean() ? 0 : Math.min(token.length, input.length - at), token);
      case 3:
        byte[] other = seeds.get(random.nextInt(seeds.size()));
        int from = random.nextInt(other.length + 1);
        int to = from + random.nextInt(1 + Math.min(200, other.length - from));
        return replaced(
            input, at, random.nextBoolean() ? 0 : length, Arrays.copyOfRange(other, from, to));
      case 4:
        byte[] block = Arrays.copyOfRange(input, at, at + Math.min(length, 40));
        int times = 1 << random.nextInt(random.nextInt(20) == 0 ? 13 : 4);
        byte[] many = new byte[Math.min(MAX_BYTES, block.length * times)];
        for (int i = 0; i < many.length; i++) {
          many[i] = block[i % block.length];
        }
        return replaced(input, at, 0, many);
      case 5:
        return random.nextInt(4) == 0 ? Arrays.copyOf(input, at) : input;
      case 6:
        return replaced(
            input,
            at,
            Math.min(1, input.length - at),
            bytes(String.valueOf(random.nextInt(1000) - 100)));
      case 7:
        byte[] flipped = input.clone();
        if (flipped.length > 0) {
          flipped[Math.min(at, flipped.length - 1)] ^= (byte) (1 << random.nextInt(8));
        }
        return flipped;
      case 8:
      case 9:
        return withAnotherValue(input);
      default:
        byte[] moved = Arrays.copyOfRange(input, at, at + length);
        return replaced(input, random.nextInt(input.length + 1), 0, moved);
    }
  }

  /** With another value somewhere in a JSON text; other inputs stay as they are, or lose something that looks like one. */
  private byte[] withAnotherValue(byte[] input) {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    int from = random.nextInt(1 + Math.min(text.length(), 1 << random.nextInt(17)));
    Matcher value = JSON_VALUE.matcher(text);
    if (!value.find(from) && !value.find(0)) {
      return input;
    }
    String by = JSON_VALUES[random.nextInt(JSON_VALUES.length)];
    return replaced(
        input, value.start(1), value.end(1) - value.start(1), by.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] replaced(byte[] input, int at, int length, byte[] by) {
    if (input.length + by.length > MAX_BYTES) {
      return input;
    }
    byte[] out = new byte[input.length - length + by.length];
    System.arraycopy(input, 0, out, 0, at);
    System.arraycopy(by, 0, out, at, by.length);
    System.arraycopy(input, at + length, out, at + by.length, input.length - at - length);
    return out;
  }
}
