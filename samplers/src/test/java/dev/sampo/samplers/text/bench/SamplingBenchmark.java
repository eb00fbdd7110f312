package dev.sampo.samplers.text.bench;

import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.TokenConstraint;
import dev.sampo.samplers.text.constraint.TokenTable;
import dev.sampo.samplers.text.draw.FastDraw;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.draw.TorchDraw;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.ProcessorChain;
import dev.sampo.samplers.text.processor.Temperature;
import dev.sampo.samplers.text.processor.TopK;
import dev.sampo.samplers.text.processor.TopP;
import dev.sampo.samplers.text.search.TokenSampler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Choosing a token from one row of 151,936 scores. {@code src/test/python/bench_processors.py} runs it in turns with PyTorch and transformers'
 * warpers over a row of the same distribution, and prints ratios.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class SamplingBenchmark {
  private static final int VOCABULARY = 151_936;

  /** Standard deviation of the scores: 4 is a peaked row, 1 a flat one. */
  @Param({"4", "1"})
  private double spread;

  private final float[] original = new float[VOCABULARY];
  private final float[] scores = new float[VOCABULARY];
  private final int[] token = new int[1];
  private final boolean[] open = new boolean[1];
  private final List<TokenRow> rows = List.of(TokenRow.of(0, 1, 5));
  private final TokenDraw torch = new TorchDraw(1);
  private final TokenDraw fast = new FastDraw(1);
  private LogitsProcessor constraint;

  private final ProcessorChain temperature = new ProcessorChain(List.of(new Temperature(0.7f)));
  private final ProcessorChain topP = new ProcessorChain(List.of(new TopP(0.9)));
  private final ProcessorChain all =
      new ProcessorChain(List.of(new Temperature(0.7f), new TopK(50), new TopP(0.9)));

  @Setup
  public void setup() {
    Random random = new Random(7);
    byte[][] tokens = new byte[VOCABULARY][];
    for (int i = 0; i < VOCABULARY; i++) {
      original[i] = (float) (random.nextGaussian() * spread);
      tokens[i] = i < 256 ? new byte[] {(byte) i} : word(random).getBytes(StandardCharsets.UTF_8);
    }
    Grammar grammar =
        Grammar.jsonSchema(
            "{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}},\"required\":[\"text\"]}");
    TokenConstraint compiled =
        new TokenConstraint(grammar, new TokenTable(tokens), new int[] {0}, false);
    constraint = compiled.processor(10_000);
  }

  private static String word(Random random) {
    StringBuilder word = new StringBuilder(random.nextBoolean() ? " " : "");
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      word.append((char) ('a' + random.nextInt(26)));
    }
    return word.toString();
  }

  private int choose(ProcessorChain chain, TokenDraw draw) {
    System.arraycopy(original, 0, scores, 0, VOCABULARY);
    new TokenSampler(chain, draw).choose(rows, scores, VOCABULARY, open, token, false);
    return token[0];
  }

  /** What copying the row costs, which all of the others do first. */
  @Benchmark
  public float copy() {
    System.arraycopy(original, 0, scores, 0, VOCABULARY);
    return scores[1];
  }

  @Benchmark
  public int argmax() {
    return Rows.argmax(original, 0, VOCABULARY);
  }

  @Benchmark
  public int temperatureTopKTopP() {
    return choose(all, fast);
  }

  @Benchmark
  public int temperatureTopKTopPSeeded() {
    return choose(all, torch);
  }

  @Benchmark
  public int temperature() {
    return choose(temperature, fast);
  }

  @Benchmark
  public int topP() {
    return choose(topP, fast);
  }

  @Benchmark
  public int topPSeeded() {
    return choose(topP, torch);
  }

  /** A warm JSON constraint at the beginning of a text. */
  @Benchmark
  public float constraint() {
    System.arraycopy(original, 0, scores, 0, VOCABULARY);
    constraint.process(rows.get(0), scores, 0, VOCABULARY);
    return scores[1];
  }
}
