package dev.sampo.text.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * TextGenerator against a bare ONNX Runtime loop in Java on the same graph, in turns: 128 tokens after a prompt of 32. One thread, and its processor
 * time, so that other work on the machine counts less. {@code java ...
 * DecodeBenchmark FOLDER [ROUNDS [TOKENS]]}; {@code src/test/python/make_gpt2_small.py} makes the folder.
 */
public final class DecodeBenchmark {
  private static final int PROMPT = 32;

  private DecodeBenchmark() {}

  public static void main(String[] args) throws OrtException {
    Path folder = Path.of(args[0]);
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int tokens = args.length > 2 ? Integer.parseInt(args[2]) : 128;
    SessionConfig session = SessionConfig.builder().intraOpThreads(1).build();
    try (TextGenerator generator = TextGenerator.load(folder, session);
        Bare bare = new Bare(folder.resolve("model.onnx"))) {
      for (int batch : new int[] {1, 4}) {
        List<Double> greedy = new ArrayList<>();
        List<Double> sampled = new ArrayList<>();
        List<Double> seeded = new ArrayList<>();
        for (int round = -1; round < rounds; round++) {
          double base = bare.run(batch, tokens);
          double ours = ours(generator, batch, tokens, false, false);
          double base2 = bare.run(batch, tokens);
          double fast = ours(generator, batch, tokens, true, false);
          double exact = ours(generator, batch, tokens, true, true);
          double reference = (base + base2) / 2;
          System.out.printf(
              "batch %d bare %.1f/%.1f ms, greedy %.1f, sampled %.1f, seeded %.1f%n",
              batch, base, base2, ours, fast, exact);
          if (round >= 0) {
            greedy.add(ours / reference);
            sampled.add(fast / reference);
            seeded.add(exact / reference);
          }
        }
        System.out.printf(
            "batch %d: TextGenerator / bare loop: greedy %.3f, top-k and top-p %.3f, the same with PyTorch's draws %.3f%n",
            batch, median(greedy), median(sampled), median(seeded));
      }
    }
  }

  private static long cpuNanos() {
    return java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static double median(List<Double> values) {
    Collections.sort(values);
    return values.get(values.size() / 2);
  }

  private static double ours(
      TextGenerator generator, int batch, int tokens, boolean sample, boolean seeded) {
    GenerationConfig.Builder config = GenerationConfig.builder().maxNewTokens(tokens);
    GenerationRequest.Builder request = GenerationRequest.builder();
    if (sample) {
      config.doSample(true).temperature(0.8).topK(50).topP(0.95);
      if (!seeded) {
        request.draw(new dev.sampo.samplers.text.FastDraw(1));
      }
    }
    for (int b = 0; b < batch; b++) {
      request.promptIds(prompt());
    }
    GenerationRequest ready = request.seed(1).config(config.build()).build();
    long begin = cpuNanos();
    generator.generate(ready);
    return (cpuNanos() - begin) / 1e6;
  }

  private static int[] prompt() {
    int[] ids = new int[PROMPT];
    for (int i = 0; i < PROMPT; i++) {
      ids[i] = 100 + 37 * i;
    }
    return ids;
  }

  /** The bare loop: outputs fed back, pinned logits, last row only. */
  private static final class Bare implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final int layers;

    Bare(Path file) throws OrtException {
      OrtSession.SessionOptions options = new OrtSession.SessionOptions();
      options.setIntraOpNumThreads(1);
      session = environment.createSession(file.toString(), options);
      layers = (session.getInputNames().size() - 3) / 2;
    }

    double run(int batch, int tokens) throws OrtException {
      long begin = cpuNanos();
      int v = 50_257;
      FloatBuffer last = direct(4L * batch * v).asFloatBuffer();
      LongBuffer ones = direct(8L * batch * (PROMPT + tokens)).asLongBuffer();
      while (ones.hasRemaining()) {
        ones.put(1);
      }
      float[] row = new float[v];
      int[] next = new int[batch];
      OrtSession.Result result = null;
      for (int step = 0; step < tokens; step++) {
        int n = step == 0 ? PROMPT : 1;
        int total = PROMPT + step;
        LongBuffer ids = direct(8L * batch * n).asLongBuffer();
        LongBuffer positions = direct(8L * batch * n).asLongBuffer();
        for (int b = 0; b < batch; b++) {
          for (int i = 0; i < n; i++) {
            ids.put(b * n + i, step == 0 ? prompt()[i] : next[b]);
            positions.put(b * n + i, total - n + i);
          }
        }
        FloatBuffer scores = n == 1 ? last : direct(4L * batch * n * v).asFloatBuffer();
        ones.position(0).limit(batch * total);
        Map<String, OnnxTensorLike> inputs = new LinkedHashMap<>();
        List<OnnxTensor> made = new ArrayList<>();
        made.add(
            put(
                inputs,
                "input_ids",
                OnnxTensor.createTensor(environment, ids, new long[] {batch, n})));
        made.add(
            put(
                inputs,
                "attention_mask",
                OnnxTensor.createTensor(environment, ones, new long[] {batch, total})));
        made.add(
            put(
                inputs,
                "position_ids",
                OnnxTensor.createTensor(environment, positions, new long[] {batch, n})));
        Set<String> wanted = new LinkedHashSet<>();
        for (int l = 0; l < layers; l++) {
          for (String kind : new String[] {"key", "value"}) {
            String name = l + "." + kind;
            wanted.add("present." + name);
            if (result == null) {
              FloatBuffer none = direct(0).asFloatBuffer();
              made.add(
                  put(
                      inputs,
                      "past_key_values." + name,
                      OnnxTensor.createTensor(environment, none, new long[] {batch, 12, 0, 64})));
            } else {
              inputs.put(
                  "past_key_values." + name,
                  (OnnxTensor) result.get("present." + name).orElseThrow());
            }
          }
        }
        OnnxTensor logits = OnnxTensor.createTensor(environment, scores, new long[] {batch, n, v});
        OrtSession.Result fresh = session.run(inputs, wanted, Map.of("logits", logits), null);
        if (result != null) {
          result.close();
        }
        result = fresh;
        made.forEach(OnnxTensor::close);
        logits.close();
        for (int b = 0; b < batch; b++) {
          scores.position((b * n + n - 1) * v);
          scores.get(row);
          scores.position(0);
          next[b] = dev.sampo.samplers.text.Rows.argmax(row, 0, v);
        }
      }
      if (result != null) {
        result.close();
      }
      return (cpuNanos() - begin) / 1e6;
    }

    private static OnnxTensor put(
        Map<String, OnnxTensorLike> inputs, String name, OnnxTensor tensor) {
      inputs.put(name, tensor);
      return tensor;
    }

    private static ByteBuffer direct(long bytes) {
      return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() throws OrtException {
      session.close();
    }
  }
}
