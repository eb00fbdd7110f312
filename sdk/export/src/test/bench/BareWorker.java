import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Nothing but ONNX Runtime's Java API around a graph with caches in place, as good as we can write it, in a contest of {@code sampo bench
 * --contender}: answers {@code context N} and {@code memory}.
 */
public final class BareWorker {
  private static final int NEW = 24;

  public static void main(String[] args) throws Exception {
    long began = System.nanoTime();
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(Integer.parseInt(args[1]));
    try (OrtSession session = env.createSession(args[0], options)) {
      System.out.println("load_ms=" + (System.nanoTime() - began) / 1e6);
      BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals("memory")) {
          String status = Files.readString(Path.of("/proc/self/status"));
          String peak = status.replaceAll("(?s).*VmHWM:\\s+(\\d+).*", "$1");
          System.out.println("peak_mb=" + Long.parseLong(peak) * 1024 / 1e6);
        } else {
          context(env, session, Integer.parseInt(line.split(" ")[1]));
        }
      }
    }
  }

  private static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
  }

  private static void context(OrtEnvironment env, OrtSession session, int length) throws Exception {
    int total = length + NEW;
    Map<String, OnnxTensor> inputs = new HashMap<>();
    Map<String, OnnxValue> outputs = new HashMap<>();
    for (String name : session.getInputNames()) {
      if (name.startsWith("past")) {
        long[] dims = ((TensorInfo) session.getInputInfo().get(name).getInfo()).getShape();
        long[] shape = {1, dims[1], total, dims[3]};
        OnnxTensor block =
            OnnxTensor.createTensor(
                env, direct(4 * shape[1] * shape[2] * shape[3]), shape, OnnxJavaType.FLOAT);
        inputs.put(name, block);
        outputs.put(name.replace("past_key_values", "present"), block);
      }
    }
    TensorInfo info = (TensorInfo) session.getOutputInfo().get("logits").getInfo();
    int vocabulary = (int) info.getShape()[2];
    ByteBuffer logits = direct(4L * vocabulary);
    outputs.put(
        "logits",
        OnnxTensor.createTensor(env, logits, new long[] {1, 1, vocabulary}, OnnxJavaType.FLOAT));
    inputs.put(
        "num_logits_to_keep",
        OnnxTensor.createTensor(env, LongBuffer.wrap(new long[] {1}), new long[0]));
    LongBuffer ones = direct(8L * total).asLongBuffer();
    for (int i = 0; i < total; i++) {
      ones.put(i, 1);
    }
    LongBuffer ids = direct(8L * length).asLongBuffer();
    for (int i = 0; i < length; i++) {
      ids.put(i, 3 + i % 200);
    }
    LongBuffer one = direct(8).asLongBuffer();
    OnnxTensor oneId = OnnxTensor.createTensor(env, one, new long[] {1, 1});
    double prompt = 0;
    double[] steps = new double[NEW - 1];
    for (int step = 0; step < NEW; step++) {
      long start = System.nanoTime();
      Map<String, OnnxTensorLike> feeds = new HashMap<>(inputs);
      OnnxTensor idTensor =
          step == 0 ? OnnxTensor.createTensor(env, ids, new long[] {1, length}) : oneId;
      LongBuffer mask = ones.duplicate().limit(length + step);
      try (OnnxTensor maskTensor =
          OnnxTensor.createTensor(env, mask.slice(), new long[] {1, length + step})) {
        feeds.put("input_ids", idTensor);
        feeds.put("attention_mask", maskTensor);
        session.run(feeds, Set.of(), outputs).close();
      }
      int best = 0;
      float most = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < vocabulary; i++) {
        float x = logits.getFloat(4 * i);
        if (x > most) {
          most = x;
          best = i;
        }
      }
      one.put(0, best);
      double millis = (System.nanoTime() - start) / 1e6;
      if (step == 0) {
        prompt = millis;
        idTensor.close();
      } else {
        steps[step - 1] = millis;
      }
    }
    Arrays.sort(steps);
    System.out.println("prompt_ms=" + prompt + " token_ms=" + steps[steps.length / 2]);
    oneId.close();
    inputs.values().forEach(OnnxTensor::close);
    ((OnnxTensor) outputs.get("logits")).close();
  }
}
