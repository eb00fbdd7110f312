package dev.sampo.tokenizer.bench;

import dev.sampo.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
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

/** Encoding, decoding and loading of the tokenizers among the goldens, on the goldens' own README as text. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class TokenizerBenchmark {
  private static final String FOLDER = "src/test/resources/golden/text/tokenizers/";

  /** Folder of the tokenizer. */
  @Param({"gpt2", "t5_unigram", "bert_uncased"})
  public String name = "gpt2";

  private String text = "";
  private Tokenizer tokenizer = Tokenizer.fromFile(Paths.get(FOLDER + "gpt2/tokenizer.json"));
  private int[] ids = new int[0];

  /** Reads the tokenizer and the text. */
  @Setup
  public void read() throws Exception {
    text = new String(Files.readAllBytes(Paths.get(FOLDER + "README.md")), StandardCharsets.UTF_8);
    tokenizer = Tokenizer.fromFile(Paths.get(FOLDER + name + "/tokenizer.json"));
    ids = tokenizer.encodeToIds(text, false);
  }

  /** All that an encoding holds. */
  @Benchmark
  public Object encode() {
    return tokenizer.encode(text);
  }

  /** Ids only. */
  @Benchmark
  public Object encodeToIds() {
    return tokenizer.encodeToIds(text, false);
  }

  /** Ids to text. */
  @Benchmark
  public Object decode() {
    return tokenizer.decode(ids, false);
  }

  /** File to tokenizer. */
  @Benchmark
  public Object load() {
    return Tokenizer.fromFile(Paths.get(FOLDER + name + "/tokenizer.json"));
  }
}
