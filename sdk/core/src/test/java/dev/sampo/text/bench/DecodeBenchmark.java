package dev.sampo.text.bench;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.draw.FastDraw;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * TextGenerator against {@link BareLoop}, one thread, 128 tokens after a prompt of 32: {@code DecodeBenchmark FOLDER ROUNDS TOKENS [NAME=COMMAND]...}, for
 * which see {@code scripts/bench-text}.
 *
 * <p>Both use one and the same native session: where its weights happen to lie in memory alone makes 5 %. A round runs bare loop and candidate in turns, in
 * another order each time, and divides each candidate's time by the mean of the bare runs before and after it; the medians of those ratios are shown, in
 * time of the processor and in time of the clock. A further NAME=COMMAND is a process that prints "ready", then reads lines "BATCH TOKENS" and
 * answers each with milliseconds.
 */
public final class DecodeBenchmark {
  private static final int PROMPT = 32;
  private static final String BARE = "bare loop";
  private static final List<String> OWN = List.of("greedy", "sampled", "seeded");

  private final TextGenerator generator;
  private final BareLoop bare;
  private final Map<String, LineProcess> others = new LinkedHashMap<>();
  private final int tokens;

  private DecodeBenchmark(TextGenerator generator, int tokens)
      throws ReflectiveOperationException, OrtException {
    this.generator = generator;
    this.tokens = tokens;
    this.bare = new BareLoop(session(generator), generator.vocabularySize(), 12, 64);
  }

  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[1]);
    SessionConfig session = SessionConfig.builder().intraOpThreads(1).build();
    try (TextGenerator generator = TextGenerator.open(Path.of(args[0]), session)) {
      DecodeBenchmark benchmark = new DecodeBenchmark(generator, Integer.parseInt(args[2]));
      try {
        for (String other : Arrays.asList(args).subList(3, args.length)) {
          benchmark.start(other);
        }
        benchmark.check();
        for (String kind : OWN) {
          // Sampling runs a few hundred rows before the JIT has its last version.
          generator.generate(request(16, 48, kind));
        }
        for (int batch : new int[] {1, 4}) {
          benchmark.measure(batch, rounds);
        }
      } finally {
        benchmark.others.values().forEach(LineProcess::close);
      }
    }
  }

  /** The native session of a generator, which its API does not show. */
  private static OrtSession session(TextGenerator generator) throws ReflectiveOperationException {
    Object at = generator;
    for (String name : new String[] {"model", "graph", "session", "ort"}) {
      Field field = at.getClass().getDeclaredField(name);
      field.setAccessible(true);
      at = field.get(at);
    }
    return (OrtSession) at;
  }

  private void start(String definition) throws IOException {
    int equals = definition.indexOf('=');
    String name = definition.substring(0, equals);
    LineProcess process = new LineProcess(definition.substring(equals + 1));
    String line = process.read();
    if (line != null && line.startsWith("ready")) {
      others.put(name, process);
      System.out.println(name + ": " + line);
    } else {
      process.close();
      System.out.println(name + ": left out, it answered " + line);
    }
  }

  private void check() throws OrtException {
    int[] wanted = bare.run(prompt(), 1, 16);
    int[] all = generator.generate(request(1, 16, "greedy")).sequences()[0];
    int[] ids = Arrays.copyOfRange(all, PROMPT, all.length);
    if (!Arrays.equals(wanted, ids)) {
      throw new IllegalStateException(
          "The loops differ: " + Arrays.toString(wanted) + ", " + Arrays.toString(ids));
    }
  }

  private void measure(int batch, int rounds) throws OrtException, IOException {
    List<String> names = new ArrayList<>(OWN);
    names.addAll(others.keySet());
    Map<String, List<double[]>> ratios = new LinkedHashMap<>();
    List<double[]> bares = new ArrayList<>();
    run(BARE, batch);
    for (String name : names) {
      run(name, batch); // warms up
      ratios.put(name, new ArrayList<>());
    }
    double[] before = run(BARE, batch);
    bares.add(before);
    for (int round = 0; round < rounds; round++) {
      Collections.rotate(names, 1);
      for (String name : names) {
        double[] time = run(name, batch);
        double[] after = run(BARE, batch);
        double cpu = time[0] / ((before[0] + after[0]) / 2);
        double clock = time[1] / ((before[1] + after[1]) / 2);
        ratios.get(name).add(new double[] {cpu, clock});
        bares.add(after);
        before = after;
      }
    }
    print("batch %d, %d tokens, %d rounds%n", batch, tokens, rounds);
    print("  %-36s %8.2f ms a token%n", BARE, quantile(bares, 1, 0.5) / tokens);
    for (Map.Entry<String, List<double[]>> e : ratios.entrySet()) {
      boolean own = !others.containsKey(e.getKey());
      print(
          "  %-36s %8.3f of the bare loop's time (quartiles %.3f to %.3f)%s%n",
          label(e.getKey()),
          quantile(e.getValue(), 1, 0.5),
          quantile(e.getValue(), 1, 0.25),
          quantile(e.getValue(), 1, 0.75),
          own
              ? String.format(
                  Locale.ROOT,
                  ", %.3f of its processor time (%.3f to %.3f)",
                  quantile(e.getValue(), 0, 0.5),
                  quantile(e.getValue(), 0, 0.25),
                  quantile(e.getValue(), 0, 0.75))
              : "");
    }
  }

  private static String label(String name) {
    switch (name) {
      case "greedy":
        return "Sampo, greedy";
      case "sampled":
        return "Sampo, top-k 50 and top-p";
      case "seeded":
        return "Sampo, the same, PyTorch's draws";
      default:
        return name;
    }
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }

  private static double quantile(List<double[]> values, int column, double at) {
    double[] sorted = values.stream().mapToDouble(v -> v[column]).sorted().toArray();
    double place = at * (sorted.length - 1);
    int low = (int) place;
    int high = Math.min(sorted.length - 1, low + 1);
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  }

  /** Milliseconds of the processor and of the clock. */
  private double[] run(String name, int batch) throws OrtException, IOException {
    LineProcess other = others.get(name);
    if (other != null) {
      double millis = Double.parseDouble(other.ask(batch + " " + tokens));
      return new double[] {millis, millis};
    }
    GenerationRequest request = name.equals(BARE) ? null : request(batch, tokens, name);
    long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    long clock = System.nanoTime();
    if (request == null) {
      bare.run(prompt(), batch, tokens);
    } else {
      generator.generate(request);
    }
    return new double[] {
      (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e6,
      (System.nanoTime() - clock) / 1e6
    };
  }

  private static GenerationRequest request(int batch, int tokens, String kind) {
    GenerationConfig.Builder config = GenerationConfig.builder().maxNewTokens(tokens);
    GenerationRequest.Builder request = GenerationRequest.builder();
    if (!kind.equals("greedy")) {
      config.doSample(true).temperature(0.8).topK(50).topP(0.95);
    }
    if (kind.equals("sampled")) {
      request.draw(new FastDraw(1));
    }
    for (int b = 0; b < batch; b++) {
      request.promptIds(prompt());
    }
    return request.seed(1).config(config.build()).build();
  }

  private static int[] prompt() {
    int[] ids = new int[PROMPT];
    for (int i = 0; i < PROMPT; i++) {
      ids[i] = 100 + 37 * i;
    }
    return ids;
  }
}
