package dev.sampo.samplers.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every random stream of the golden folder {@code rng}, entry by entry. */
class RandomStreamGoldenTest {
  /** float32 normals of 16 and more: PyTorch's vector and scalar code differ by this much. */
  private static final double VECTOR_BOUND = 2e-6;

  private static final double NORMAL64_BOUND = 1e-15;

  @TestFactory
  List<DynamicTest> streams_whenSeeded_thenRepeatTheReference() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : Golden.files("rng")) {
      String name = file.getFileName().toString().replace(".json", "");
      int i = 0;
      for (JsonNode entry : Golden.read(file)) {
        tests.add(DynamicTest.dynamicTest(name + "[" + i++ + "]", () -> check(name, entry)));
      }
    }
    return tests;
  }

  private static void check(String name, JsonNode e) {
    switch (name) {
      case "mt19937_words" -> checkWords(e);
      case "torch_rand" -> checkRand(e);
      case "torch_randn_float32", "torch_randn_float64" -> checkRandn(e);
      case "torch_randn_shapes" -> checkShape(e);
      case "torch_randn_generator_list" -> checkGeneratorList(e);
      case "torch_randint" -> checkRandint(e);
      case "torch_randperm" ->
          assertArrayEquals(Golden.longs(e.get("values")), torch(e).randperm(e.get("n").asInt()));
      case "torch_exponential" -> checkExponential(e);
      case "torch_multinomial" -> checkMultinomial(e);
      case "torch_sequences" -> checkSequence(e);
      case "numpy_randomstate" -> checkRandomState(e);
      case "numpy_default_rng" -> checkDefaultRng(e);
      default -> fail("No test knows the golden file rng/" + name + ".json");
    }
  }

  private static TorchGenerator torch(JsonNode e) {
    return new TorchGenerator(e.get("seed").asLong());
  }

  private static boolean isDouble(JsonNode e) {
    return e.get("dtype").asText().equals("float64");
  }

  private static void checkWords(JsonNode e) {
    TorchGenerator generator = torch(e);
    for (JsonNode word : e.get("uint32")) {
      assertEquals((int) word.asLong(), generator.nextInt());
    }
    assertEquals(e.get("seed_low_32_bits").asLong(), e.get("seed").asLong() & 0xffffffffL);
  }

  private static void checkRand(JsonNode e) {
    for (Map.Entry<String, JsonNode> field : e.properties()) {
      if (!field.getKey().startsWith("rand_")) {
        continue;
      }
      int n = Integer.parseInt(field.getKey().substring(5));
      if (isDouble(e)) {
        double[] got = new double[n];
        torch(e).rand(got);
        compare(field.getValue(), got, 0);
      } else {
        float[] got = new float[n];
        torch(e).rand(got);
        compare(field.getValue(), got, 0);
      }
    }
  }

  private static void checkRandn(JsonNode e) {
    for (Map.Entry<String, JsonNode> field : e.get("randn").properties()) {
      checkRandn(e, Integer.parseInt(field.getKey()), field.getValue());
    }
    checkRandn(e, 4096, e.get("randn_4096"));
  }

  private static void checkRandn(JsonNode e, int n, JsonNode wanted) {
    if (isDouble(e)) {
      double[] got = new double[n];
      torch(e).randn(got);
      compare(wanted, got, NORMAL64_BOUND);
    } else {
      float[] got = new float[n];
      torch(e).randn(got);
      compare(wanted, got, n < 16 ? 0 : VECTOR_BOUND);
    }
  }

  private static void checkShape(JsonNode e) {
    int n = 1;
    for (JsonNode size : e.get("shape")) {
      n *= size.asInt();
    }
    checkRandn(e, n, e.has("values") ? e.get("values") : e.get("long"));
  }

  private static void checkGeneratorList(JsonNode e) {
    List<TorchGenerator> generators = new ArrayList<>();
    for (JsonNode seed : e.get("seeds")) {
      generators.add(new TorchGenerator(seed.asLong()));
    }
    float[] got = new float[e.get("values").size()];
    NoiseSource.perSample(generators).randn(got);
    boolean small = got.length / generators.size() < 16;
    compare(e.get("values"), got, small ? 0 : VECTOR_BOUND);
  }

  private static void checkRandint(JsonNode e) {
    long[] wanted = Golden.longs(e.get("values"));
    long[] got = torch(e).randint(e.get("low").asLong(), e.get("high").asLong(), wanted.length);
    assertArrayEquals(wanted, got);
  }

  private static void checkExponential(JsonNode e) {
    JsonNode wanted = e.get("exponential_rate_1");
    if (isDouble(e)) {
      double[] got = new double[wanted.size()];
      torch(e).exponential(got);
      compare(wanted, got, 0);
    } else {
      float[] got = new float[wanted.size()];
      torch(e).exponential(got);
      compare(wanted, got, 0);
    }
  }

  private static void checkMultinomial(JsonNode e) {
    JsonNode probs = e.get("probs");
    boolean batch = probs.get(0).isArray();
    float[][] rows = new float[batch ? probs.size() : 1][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Golden.floats(batch ? probs.get(i) : probs);
    }
    int[][] got = torch(e).multinomial(rows, e.get("n").asInt(), e.get("replacement").asBoolean());
    for (int i = 0; i < rows.length; i++) {
      JsonNode wanted = batch ? e.get("values").get(i) : e.get("values");
      assertArrayEquals(Golden.longs(wanted), Arrays.stream(got[i]).asLongStream().toArray());
    }
  }

  private static void checkSequence(JsonNode e) {
    TorchGenerator generator = torch(e);
    for (JsonNode call : e.get("calls")) {
      JsonNode args = call.get("args");
      JsonNode wanted = call.get("values");
      int n = wanted.size();
      float[] floats = new float[n];
      double[] doubles = new double[n];
      switch (call.get("call").asText()) {
        case "randn" -> {
          generator.randn(floats);
          compare(wanted, floats, n < 16 ? 0 : VECTOR_BOUND);
        }
        case "rand" -> {
          generator.rand(floats);
          compare(wanted, floats, 0);
        }
        case "randn64" -> {
          generator.randn(doubles);
          compare(wanted, doubles, NORMAL64_BOUND);
        }
        case "rand64" -> {
          generator.rand(doubles);
          compare(wanted, doubles, 0);
        }
        case "exponential" -> {
          generator.exponential(floats);
          compare(wanted, floats, 0);
        }
        case "randint" ->
            assertArrayEquals(Golden.longs(wanted), generator.randint(0, args.get(0).asLong(), n));
        case "randperm" -> assertArrayEquals(Golden.longs(wanted), generator.randperm(n));
        case "multinomial" -> {
          int[] got = generator.multinomial(Golden.floats(args.get(0)), n, false);
          assertArrayEquals(Golden.longs(wanted), Arrays.stream(got).asLongStream().toArray());
        }
        default -> fail("No test knows the call " + call);
      }
    }
  }

  private static void checkRandomState(JsonNode e) {
    long seed = e.get("seed").asLong();
    for (Map.Entry<String, JsonNode> field : e.properties()) {
      String key = field.getKey();
      if (!key.equals("seed")) {
        checkRandomState(new NumpyRandomState(seed), key, field.getValue());
      }
    }
  }

  private static void checkRandomState(NumpyRandomState state, String key, JsonNode wanted) {
    double[] numbers = numbers(key);
    double[] got = new double[count(wanted)];
    if (key.startsWith("sequence_")) {
      checkRandomStateSequence(state, key, wanted);
      return;
    } else if (key.startsWith("randint_")) {
      assertArrayEquals(
          Golden.longs(wanted), state.randint((long) numbers[0], (long) numbers[1], got.length));
      return;
    } else if (key.startsWith("permutation_")) {
      assertArrayEquals(Golden.longs(wanted), state.permutation(got.length));
      return;
    } else if (key.startsWith("choice_")) {
      int[] drawn = state.choice(probabilities(numbers), got.length);
      assertArrayEquals(Golden.longs(wanted), Arrays.stream(drawn).asLongStream().toArray());
      return;
    } else if (key.endsWith("_float32")) {
      float[] floats = new float[got.length];
      state.randn(floats);
      compare(wanted, floats, 0);
      return;
    } else if (key.startsWith("randn_") || key.startsWith("standard_normal_")) {
      state.randn(got);
    } else if (key.startsWith("random_sample_")) {
      state.random(got);
    } else if (key.startsWith("normal_")) {
      state.normal(numbers[0], numbers[1], got);
    } else if (key.startsWith("uniform_")) {
      state.uniform(numbers[0], numbers[1], got);
    } else {
      fail("No test knows the entry " + key);
    }
    compare(wanted, got, NORMAL64_BOUND);
  }

  /** A name such as {@code sequence_randn5_normal4_random3_randn2}. */
  private static void checkRandomStateSequence(
      NumpyRandomState state, String key, JsonNode wanted) {
    Matcher call = Pattern.compile("_(randn|normal|random)(\\d+)").matcher(key);
    int i = 0;
    while (call.find()) {
      double[] got = new double[Integer.parseInt(call.group(2))];
      switch (call.group(1)) {
        case "random" -> state.random(got);
        case "normal" -> state.normal(0, 1, got);
        default -> state.randn(got);
      }
      compare(wanted.get(i++), got, NORMAL64_BOUND);
    }
    assertEquals(wanted.size(), i, key);
  }

  private static void checkDefaultRng(JsonNode e) {
    long seed = e.get("seed").asLong();
    for (Map.Entry<String, JsonNode> field : e.properties()) {
      String key = field.getKey();
      if (!key.equals("seed")) {
        checkDefaultRng(new NumpyGenerator(seed), key, field.getValue());
      }
    }
  }

  private static void checkDefaultRng(NumpyGenerator generator, String key, JsonNode wanted) {
    double[] numbers = numbers(key);
    double[] got = new double[count(wanted)];
    float[] floats = new float[got.length];
    if (key.equals("uint64_words")) {
      for (long word : Golden.longs(wanted)) {
        assertEquals(word, generator.nextLong());
      }
    } else if (key.startsWith("standard_normal_float32_")) {
      generator.randn(floats);
      compare(wanted, floats, 0);
    } else if (key.startsWith("random_float32_")) {
      generator.random(floats);
      compare(wanted, floats, 0);
    } else if (key.startsWith("standard_normal_")) {
      generator.randn(got);
      compare(wanted, got, NORMAL64_BOUND);
    } else if (key.startsWith("random_")) {
      generator.random(got);
      compare(wanted, got, 0);
    } else if (key.startsWith("normal_")) {
      generator.normal(numbers[0], numbers[1], got);
      compare(wanted, got, NORMAL64_BOUND);
    } else if (key.startsWith("uniform_")) {
      generator.uniform(numbers[0], numbers[1], got);
      compare(wanted, got, NORMAL64_BOUND);
    } else if (key.startsWith("integers_")) {
      long[] drawn = generator.integers((long) numbers[0], (long) numbers[1], got.length);
      assertArrayEquals(Golden.longs(wanted), drawn);
    } else if (key.startsWith("permutation_")) {
      assertArrayEquals(Golden.longs(wanted), generator.permutation(got.length));
    } else if (key.startsWith("choice_")) {
      int[] drawn = generator.choice(probabilities(numbers), got.length);
      assertArrayEquals(Golden.longs(wanted), Arrays.stream(drawn).asLongStream().toArray());
    } else {
      fail("No test knows the entry " + key);
    }
  }

  /** The numbers in a name: {@code uniform_low-1_high4_5} has -1, 4 and 5. */
  private static double[] numbers(String key) {
    Matcher number = Pattern.compile("-?\\d+(\\.\\d+)?").matcher(key);
    List<Double> found = new ArrayList<>();
    while (number.find()) {
      found.add(Double.parseDouble(number.group()));
    }
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** {@code choice_4_p_0.1_0.2_0.3_0.4_10}: the numbers between the first and the last. */
  private static double[] probabilities(double[] numbers) {
    return Arrays.copyOfRange(numbers, 1, numbers.length - 1);
  }

  private static int count(JsonNode wanted) {
    return wanted.isArray() ? wanted.size() : wanted.get("count").asInt();
  }

  private static void compare(JsonNode wanted, double[] got, double bound) {
    if (wanted.isArray()) {
      Golden.assertClose("values", Golden.doubles(wanted), got, bound);
      return;
    }
    assertEquals(wanted.get("count").asInt(), got.length);
    double[] first = Golden.doubles(wanted.get("first"));
    double[] last = Golden.doubles(wanted.get("last"));
    Golden.assertClose("first", first, Arrays.copyOf(got, first.length), bound);
    int from = got.length - last.length;
    Golden.assertClose("last", last, Arrays.copyOfRange(got, from, got.length), bound);
    ByteBuffer bytes = ByteBuffer.allocate(8 * got.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(got);
    if (bound == 0) {
      assertEquals(wanted.get("sha256_little_endian").asText(), sha256(bytes.array()));
    }
  }

  private static void compare(JsonNode wanted, float[] got, double bound) {
    if (wanted.isArray()) {
      Golden.assertClose("values", Golden.floats(wanted), got, bound);
      return;
    }
    assertEquals(wanted.get("count").asInt(), got.length);
    float[] first = Golden.floats(wanted.get("first"));
    float[] last = Golden.floats(wanted.get("last"));
    Golden.assertClose("first", first, Arrays.copyOf(got, first.length), bound);
    int from = got.length - last.length;
    Golden.assertClose("last", last, Arrays.copyOfRange(got, from, got.length), bound);
    ByteBuffer bytes = ByteBuffer.allocate(4 * got.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(got);
    if (bound == 0) {
      assertEquals(wanted.get("sha256_little_endian").asText(), sha256(bytes.array()));
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      StringBuilder text = new StringBuilder();
      for (byte b : MessageDigest.getInstance("SHA-256").digest(bytes)) {
        text.append(String.format("%02x", b));
      }
      return text.toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
