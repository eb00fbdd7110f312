package dev.sampo.text.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.batch.GenerationHandle;
import dev.sampo.text.batch.GenerationScheduler;
import dev.sampo.text.batch.SchedulerConfig;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Unequal requests through a GenerationScheduler against the same one by one, in turns in one process: {@code BatchBenchmark FOLDER ROUNDS [ROWS
 * [REQUESTS [LONGEST]]]}, for which see {@code scripts/bench-batch}. Ratios are medians over rounds, of the clock and of the processor; every answer is
 * compared with the one alone.
 */
public final class BatchBenchmark {
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final TextGenerator generator;
  private final List<GenerationRequest> requests = new ArrayList<>();
  private final SchedulerConfig config;
  private int tokens;
  private int unequal;

  private BatchBenchmark(TextGenerator generator, int rows, int count, int longest) {
    this.generator = generator;
    // The same prompts come again each round: none may be remembered.
    this.config = SchedulerConfig.builder().maxRows(rows).prefixCacheBytes(0).build();
    Random random = new Random(1);
    for (int i = 0; i < count; i++) {
      int[] prompt = new int[4 + random.nextInt(longest)];
      for (int k = 0; k < prompt.length; k++) {
        prompt[k] = 1 + random.nextInt(generator.vocabularySize() - 1);
      }
      int wanted = 8 + random.nextInt(longest);
      GenerationConfig.Builder settings =
          GenerationConfig.builder().maxNewTokens(wanted).minNewTokens(wanted);
      settings.doSample(i % 2 == 1).topK(40);
      requests.add(
          GenerationRequest.builder().promptIds(prompt).seed(i).config(settings.build()).build());
      tokens += wanted;
    }
  }

  public static void main(String[] args) {
    int rounds = Integer.parseInt(args[1]);
    int rows = args.length > 2 ? Integer.parseInt(args[2]) : 8;
    int count = args.length > 3 ? Integer.parseInt(args[3]) : 16;
    int longest = args.length > 4 ? Integer.parseInt(args[4]) : 96;
    int threads = Integer.getInteger("threads", 0);
    SessionConfig session = SessionConfig.builder().intraOpThreads(threads).build();
    try (TextGenerator generator = TextGenerator.open(Path.of(args[0]), session)) {
      new BatchBenchmark(generator, rows, count, longest).run(rounds);
    }
  }

  /** Clock and processor, nanoseconds. */
  private record Time(double clock, double processor) {
    static Time now() {
      return new Time(System.nanoTime(), SYSTEM.getProcessCpuTime());
    }

    Time since() {
      Time end = now();
      return new Time(end.clock - clock, end.processor - processor);
    }
  }

  private void run(int rounds) {
    List<GenerationResult> wanted = new ArrayList<>();
    try (GenerationScheduler scheduler = GenerationScheduler.of(generator, config)) {
      System.out.println(scheduler.sharing());
      alone(wanted);
      together(scheduler, wanted);
      double[] clock = new double[rounds];
      double[] processor = new double[rounds];
      for (int i = 0; i < rounds; i++) {
        Time a = alone(new ArrayList<>());
        Time b = together(scheduler, wanted);
        Time c = alone(new ArrayList<>());
        clock[i] = (a.clock + c.clock) / 2 / b.clock;
        processor[i] = (a.processor + c.processor) / 2 / b.processor;
        System.out.printf(
            Locale.ROOT,
            "alone %.0f ms, together %.0f ms (%.1f tokens a second): ratio %.2f, of the processor"
                + " %.2f%n",
            (a.clock + c.clock) / 2e6,
            b.clock / 1e6,
            tokens * 1e9 / b.clock,
            clock[i],
            processor[i]);
      }
      Arrays.sort(clock);
      Arrays.sort(processor);
      System.out.printf(
          Locale.ROOT,
          "%d requests, %d rows, %d tokens: median ratio %.2f (%.2f to %.2f), of the processor"
              + " %.2f; %d answers differ%n",
          requests.size(),
          config.maxRows(),
          tokens,
          clock[rounds / 2],
          clock[0],
          clock[rounds - 1],
          processor[rounds / 2],
          unequal);
    }
  }

  private Time alone(List<GenerationResult> results) {
    Time begin = Time.now();
    for (GenerationRequest request : requests) {
      results.add(generator.generate(request));
    }
    return begin.since();
  }

  private Time together(GenerationScheduler scheduler, List<GenerationResult> wanted) {
    Time begin = Time.now();
    List<GenerationHandle> handles = new ArrayList<>();
    for (GenerationRequest request : requests) {
      handles.add(scheduler.submit(request));
    }
    List<GenerationResult> results = new ArrayList<>();
    for (GenerationHandle handle : handles) {
      results.add(handle.join());
    }
    Time time = begin.since();
    for (int i = 0; i < results.size(); i++) {
      if (!Arrays.equals(results.get(i).sequence().ids(), wanted.get(i).sequence().ids())) {
        unequal++;
      }
    }
    return time;
  }
}
