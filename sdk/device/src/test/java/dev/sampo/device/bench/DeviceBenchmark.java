package dev.sampo.device.bench;

import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Decoding with tensors on the device against the ordinary path, in turns, on the CPU: what the calls of the C API cost. One thread, and its
 * processor time, so that other work on the machine counts less. {@code java ...
 * DeviceBenchmark FOLDER [ROUNDS [TOKENS [device-first]]]}; core's {@code src/test/python/make_gpt2_small.py} makes the folder.
 */
public final class DeviceBenchmark {
  private static final int PROMPT = 32;

  private DeviceBenchmark() {}

  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int tokens = args.length > 2 ? Integer.parseInt(args[2]) : 64;
    SessionConfig config = SessionConfig.builder().intraOpThreads(1).build();
    // The second one loaded may have the better place in memory, so which one it is can be chosen.
    boolean deviceFirst = args.length > 3 && args[3].equals("device-first");
    SessionConfig kept = config.toBuilder().deviceTensors(true).build();
    try (TextGenerator first = TextGenerator.open(folder, deviceFirst ? kept : config);
        TextGenerator second = TextGenerator.open(folder, deviceFirst ? config : kept)) {
      TextGenerator ordinary = deviceFirst ? second : first;
      TextGenerator device = deviceFirst ? first : second;
      for (int[] shape : new int[][] {{1, 1}, {4, 1}, {1, 4}}) {
        List<Double> ratios = new ArrayList<>();
        for (int round = -1; round < rounds; round++) {
          Timed before = time(ordinary, shape, tokens);
          Timed between = time(device, shape, tokens);
          Timed after = time(ordinary, shape, tokens);
          if (!Arrays.deepEquals(before.ids, between.ids)) {
            throw new IllegalStateException("The ids differ");
          }
          if (round >= 0) {
            ratios.add(2.0 * between.nanos / (before.nanos + after.nanos));
          }
        }
        Collections.sort(ratios);
        System.out.printf(
            "Java %s, %s first, batch %d, beams %d: device / ordinary %.3f (%.3f to %.3f)%n",
            Runtime.version().feature(),
            deviceFirst ? "device" : "ordinary",
            shape[0],
            shape[1],
            ratios.get(rounds / 2),
            ratios.get(0),
            ratios.get(rounds - 1));
      }
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  private record Timed(long nanos, int[][] ids) {}

  private static Timed time(TextGenerator generator, int[] shape, int tokens) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long begin = threads.getCurrentThreadCpuTime();
    GenerationResult result = run(generator, shape, tokens);
    return new Timed(threads.getCurrentThreadCpuTime() - begin, result.sequences());
  }

  private static GenerationResult run(TextGenerator generator, int[] shape, int tokens) {
    GenerationRequest.Builder request =
        GenerationRequest.builder()
            .config(
                GenerationConfig.builder()
                    .minNewTokens(tokens)
                    .maxNewTokens(tokens)
                    .numBeams(shape[1])
                    .build());
    for (int r = 0; r < shape[0]; r++) {
      int[] ids = new int[PROMPT];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = 100 + 37 * i + r;
      }
      request.promptIds(ids);
    }
    return generator.generate(request.build());
  }
}
