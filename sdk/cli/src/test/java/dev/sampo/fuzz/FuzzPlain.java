package dev.sampo.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
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

  private final Random random;
  private final List<byte[]> seeds;

  private FuzzPlain(long seed, List<byte[]> seeds) {
    this.random = new Random(seed);
    this.seeds = seeds;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  public static void main(String[] args) throws IOException {
    List<String> readers =
        args.length > 3
            ? Arrays.asList(args).subList(3, args.length)
            : new ArrayList<>(FuzzReaders.all().keySet());
    for (String reader : readers) {
      FuzzCounts counts = new FuzzCounts(reader);
      FuzzPlain fuzz = new FuzzPlain(Long.parseLong(args[2]), seeds(Path.of(args[0], reader)));
      long end = System.nanoTime() + Long.parseLong(args[1]) * 1_000_000_000L;
      while (System.nanoTime() < end) {
        counts.take(fuzz.next());
      }
      counts.report();
      System.out.println(counts);
    }
    System.exit(0);
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
    switch (random.nextInt(9)) {
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
      default:
        byte[] moved = Arrays.copyOfRange(input, at, at + length);
        return replaced(input, random.nextInt(input.length + 1), 0, moved);
    }
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
