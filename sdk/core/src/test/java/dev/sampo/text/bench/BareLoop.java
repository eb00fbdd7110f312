package dev.sampo.text.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sampo.samplers.text.draw.Rows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Greedy decoding with nothing but ONNX Runtime's Java API, as good as we can make it: keys and values are the tensors of the last result, the scores go
 * to one pinned buffer, inputs lie in buffers that are rewritten, only the last position is read, the best score is searched by {@link Rows#argmax}. It checks
 * nothing and cannot be stopped. The opponent of {@link DecodeBenchmark}.
 */
final class BareLoop {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final int vocabularySize;
  private final int heads;
  private final int headSize;
  private final List<String> pasts = new ArrayList<>();
  private final Set<String> presents = new LinkedHashSet<>();

  BareLoop(OrtSession session, int vocabularySize, int heads, int headSize) throws OrtException {
    this.session = session;
    this.vocabularySize = vocabularySize;
    this.heads = heads;
    this.headSize = headSize;
    for (String name : session.getInputNames()) {
      if (name.startsWith("past_key_values.")) {
        pasts.add(name);
        presents.add(present(name));
      }
    }
  }

  private static String present(String past) {
    return past.replace("past_key_values.", "present.");
  }

  /** The ids of the first row. */
  int[] run(int[] prompt, int batch, int tokens) throws OrtException {
    int[] generated = new int[tokens];
    int[] next = new int[batch];
    float[] row = new float[vocabularySize];
    LongBuffer ones = direct(8L * batch * (prompt.length + tokens)).asLongBuffer();
    while (ones.hasRemaining()) {
      ones.put(1);
    }
    FloatBuffer scores = direct(4L * batch * vocabularySize).asFloatBuffer();
    LongBuffer ids = direct(8L * batch).asLongBuffer();
    LongBuffer positions = direct(8L * batch).asLongBuffer();
    Map<String, OnnxTensorLike> inputs = new LinkedHashMap<>();
    long[] one = {batch, 1};
    try (OnnxTensor stepIds = OnnxTensor.createTensor(environment, ids, one);
        OnnxTensor stepPositions = OnnxTensor.createTensor(environment, positions, one);
        OnnxTensor stepScores =
            OnnxTensor.createTensor(environment, scores, new long[] {batch, 1, vocabularySize})) {
      Map<String, OnnxTensor> pinned = Map.of("logits", stepScores);
      OrtSession.Result last = prefill(prompt, batch, inputs, next);
      generated[0] = next[0];
      inputs.put("input_ids", stepIds);
      inputs.put("position_ids", stepPositions);
      for (int step = 1; step < tokens; step++) {
        int total = prompt.length + step;
        for (int b = 0; b < batch; b++) {
          ids.put(b, next[b]);
          positions.put(b, total - 1);
        }
        ones.position(0).limit(batch * total);
        for (String past : pasts) {
          inputs.put(past, (OnnxTensor) last.get(present(past)).orElseThrow());
        }
        try (OnnxTensor mask =
            OnnxTensor.createTensor(environment, ones, new long[] {batch, total})) {
          inputs.put("attention_mask", mask);
          OrtSession.Result fresh = session.run(inputs, presents, pinned);
          last.close();
          last = fresh;
        }
        for (int b = 0; b < batch; b++) {
          scores.position(b * vocabularySize);
          scores.get(row);
          next[b] = Rows.argmax(row, 0, vocabularySize);
        }
        generated[step] = next[0];
      }
      last.close();
    }
    return generated;
  }

  private OrtSession.Result prefill(
      int[] prompt, int batch, Map<String, OnnxTensorLike> inputs, int[] next) throws OrtException {
    int n = prompt.length;
    LongBuffer ids = direct(8L * batch * n).asLongBuffer();
    LongBuffer positions = direct(8L * batch * n).asLongBuffer();
    LongBuffer ones = direct(8L * batch * n).asLongBuffer();
    for (int b = 0; b < batch; b++) {
      for (int i = 0; i < n; i++) {
        ids.put(b * n + i, prompt[i]);
        positions.put(b * n + i, i);
        ones.put(b * n + i, 1);
      }
    }
    FloatBuffer scores = direct(4L * batch * n * vocabularySize).asFloatBuffer();
    long[] shape = {batch, n};
    float[] row = new float[vocabularySize];
    try (OnnxTensor idsTensor = OnnxTensor.createTensor(environment, ids, shape);
        OnnxTensor positionsTensor = OnnxTensor.createTensor(environment, positions, shape);
        OnnxTensor mask = OnnxTensor.createTensor(environment, ones, shape);
        OnnxTensor none =
            OnnxTensor.createTensor(
                environment, direct(0).asFloatBuffer(), new long[] {batch, heads, 0, headSize});
        OnnxTensor pinned =
            OnnxTensor.createTensor(environment, scores, new long[] {batch, n, vocabularySize})) {
      inputs.put("input_ids", idsTensor);
      inputs.put("position_ids", positionsTensor);
      inputs.put("attention_mask", mask);
      for (String past : pasts) {
        inputs.put(past, none);
      }
      OrtSession.Result result = session.run(inputs, presents, Map.of("logits", pinned));
      for (int b = 0; b < batch; b++) {
        scores.position((b * n + n - 1) * vocabularySize);
        scores.get(row);
        next[b] = Rows.argmax(row, 0, vocabularySize);
      }
      return result;
    }
  }

  private static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
  }
}
