package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.internal.Matrices;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent encoder-decoder with attention (Bahdanau et al. 2014, arXiv:1409.0473): {@code encoder.onnx} reads the source once,
 * {@code decoder_step.onnx} takes {@code prev_token} [batch], {@code hidden}(, {@code cell}), the encoder's outputs and the mask, and gives
 * {@code logits} [batch,vocabulary], the next states and {@code attention_weights}.
 */
final class AttentionModel implements TextModel {
  private final Graph encoder;
  private final Graph decoder;
  private final int vocabularySize;
  private final List<String> states = new ArrayList<>();

  AttentionModel(Graph encoder, Graph decoder, JsonNode config) {
    this.encoder = encoder;
    this.decoder = decoder;
    this.vocabularySize = CausalModel.vocabularySize(decoder, config);
    for (String name : List.of("hidden", "cell")) {
      if (decoder.inputs().containsKey(name)) {
        states.add(name);
      }
    }
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public boolean isEncoderDecoder() {
    return true;
  }

  @Override
  public int maxPositions() {
    return Integer.MAX_VALUE;
  }

  @Override
  public DecodingState start(Batch batch, int copies, boolean useCache, CancellationToken token) {
    State state = new State(batch, copies, token);
    try {
      int rows = state.rows();
      for (int i = 0; i < batch.decoderIds()[0].length; i++) {
        int[] ids = new int[rows];
        for (int r = 0; r < rows; r++) {
          ids[r] = batch.decoderIds()[r / copies][i];
        }
        state.feed(ids, token);
      }
      return state;
    } catch (RuntimeException e) {
      state.close();
      throw e;
    }
  }

  @Override
  public float[] scoreAll(Batch batch, CancellationToken token) {
    int rows = batch.ids().length;
    int count = batch.decoderIds()[0].length;
    try (State state = new State(batch, 1, token)) {
      int[] flat = new int[rows * count];
      for (int r = 0; r < rows; r++) {
        System.arraycopy(batch.decoderIds()[r], 0, flat, r * count, count);
      }
      return state.feedAll(flat, count, token);
    }
  }

  @Override
  public void close() {
    encoder.close();
    decoder.close();
  }

  private final class State extends DecodingState {
    private final int rows;
    private final GraphRun run;
    private final List<Tensor> own = new ArrayList<>();
    private final Tensor previous;
    private final Tensor scores;
    private final float @Nullable [] attention;
    private List<Tensor> now = new ArrayList<>();
    private List<Tensor> next = new ArrayList<>();
    private int length;

    State(Batch batch, int copies, CancellationToken token) {
      super(AttentionModel.this.vocabularySize);
      int[] parents = copiesOf(batch.ids().length, copies);
      rows = parents.length;
      int source = batch.ids()[0].length;
      run = decoder.prepare();
      previous = keep(Tensor.allocate(ElementType.INT64, Shape.of(rows)));
      scores = keep(Tensor.allocate(ElementType.FLOAT32, Shape.of(rows, vocabularySize())));
      run.input("prev_token", previous).output(CausalModel.LOGITS, scores);
      boolean tells = decoder.outputs().containsKey("attention_weights");
      attention = tells ? new float[rows * source] : null;
      if (tells) {
        run.output(
            "attention_weights",
            keep(Tensor.allocate(ElementType.FLOAT32, Shape.of(rows, source))));
      }
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      inputs.put("input_ids", keep(matrix(batch.ids())));
      inputs.put("attention_mask", keep(matrix(batch.mask())));
      inputs.keySet().retainAll(encoder.inputs().keySet());
      try (Outputs outputs = encoder.run(inputs, encoder.outputs().keySet(), token)) {
        run.constant("encoder_outputs", keep(spread(outputs.get("encoder_outputs"), parents)));
        for (String name : states) {
          now.add(spread(outputs.get(name), parents));
          next.add(Tensor.allocate(ElementType.FLOAT32, now.get(now.size() - 1).shape()));
        }
      }
      if (decoder.inputs().containsKey("attention_mask")) {
        int[][] masks = new int[rows][];
        for (int r = 0; r < rows; r++) {
          masks[r] = batch.mask()[parents[r]];
        }
        run.constant("attention_mask", keep(matrix(masks)));
      }
    }

    private Tensor keep(Tensor tensor) {
      own.add(tensor);
      return tensor;
    }

    private Tensor spread(Tensor tensor, int[] parents) {
      float[] source = tensor.toFloats();
      int size = source.length / (int) tensor.shape().dim(0);
      float[] target = new float[size * parents.length];
      for (int r = 0; r < parents.length; r++) {
        System.arraycopy(source, parents[r] * size, target, r * size, size);
      }
      return Tensor.ofFloats(tensor.shape().with(0, parents.length), target);
    }

    @Override
    int rows() {
      return rows;
    }

    @Override
    int length() {
      return length;
    }

    @Override
    void feed(int[] ids, CancellationToken token) {
      LongBuffer buffer = previous.longBuffer();
      for (int r = 0; r < rows; r++) {
        buffer.put(r, ids[r]);
      }
      for (int i = 0; i < states.size(); i++) {
        run.input(states.get(i), now.get(i));
        run.output("next_" + states.get(i), next.get(i));
      }
      run.run(token);
      List<Tensor> old = now;
      now = next;
      next = old;
      length++;
      scores.copyTo(0, logits(), 0, rows * vocabularySize());
      if (attention != null) {
        run.result("attention_weights").copyTo(attention);
      }
    }

    @Override
    float[] feedAll(int[] ids, int count, CancellationToken token) {
      return feedOneByOne(ids, count, token);
    }

    @Override
    void reorder(int[] parents, CancellationToken token) {
      if (isIdentity(parents, rows)) {
        return;
      }
      // Rows of one prompt share the encoder's outputs, so only the states move.
      for (Tensor tensor : now) {
        float[] source = tensor.toFloats();
        float[] target = new float[source.length];
        int size = source.length / rows;
        for (int r = 0; r < rows; r++) {
          System.arraycopy(source, parents[r] * size, target, r * size, size);
        }
        tensor.set(target);
      }
    }

    @Override
    float @Nullable [] attention() {
      return attention == null ? null : Arrays.copyOf(attention, attention.length);
    }

    @Override
    public void close() {
      run.close();
      own.forEach(Tensor::close);
      now.forEach(Tensor::close);
      next.forEach(Tensor::close);
    }
  }

  /** An int64 matrix. */
  static Tensor matrix(int[][] rows) {
    return Matrices.longs(rows);
  }
}
