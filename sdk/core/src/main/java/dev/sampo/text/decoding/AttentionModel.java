package dev.sampo.text.decoding;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent encoder-decoder with attention (Bahdanau et al. 2014, arXiv:1409.0473): {@code encoder.onnx} reads the source once,
 * {@code decoder_step.onnx} takes {@code prev_token} [batch], {@code hidden}(, {@code cell}), the encoder's outputs and the mask, and gives
 * {@code logits} [batch,vocabulary], the next states and {@code attention_weights}.
 */
public final class AttentionModel implements TextModel {
  private static final String OUTPUTS = "encoder_outputs";
  private static final String WEIGHTS = "attention_weights";

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
    } catch (RuntimeException | Error e) {
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
    private final GraphRun run;

    /** What the encoder gave and is the same at every step, by the decoder's names; a row each. */
    private final Map<String, Tensor> constants = new LinkedHashMap<>();

    private List<Tensor> now = new ArrayList<>();
    private @Nullable Buffers buffers;
    private float @Nullable [] attention;
    private int rows;
    private int length;

    /** Reads the sources. What it makes is closed by {@link #close}, also after a failure. */
    State(Batch batch, int copies, CancellationToken token) {
      super(AttentionModel.this.vocabularySize);
      run = decoder.prepare();
      try {
        read(batch, copies, token);
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
    }

    private void read(Batch batch, int copies, CancellationToken token) {
      int[] parents = copiesOf(batch.ids().length, copies);
      rows = parents.length;
      try (Tensor ids = Matrices.longs(batch.ids());
          Tensor mask = Matrices.longs(batch.mask())) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put("input_ids", ids);
        inputs.put("attention_mask", mask);
        inputs.keySet().retainAll(encoder.inputs().keySet());
        try (Outputs outputs = encoder.run(inputs, encoder.outputs().keySet(), token)) {
          constants.put(OUTPUTS, outputs.get(OUTPUTS).gatherRows(parents));
          for (String name : states) {
            now.add(outputs.get(name).gatherRows(parents));
          }
        }
        if (decoder.inputs().containsKey("attention_mask")) {
          constants.put("attention_mask", mask.gatherRows(parents));
        }
      }
      constants.forEach(run::constant);
    }

    @Override
    public int rows() {
      return rows;
    }

    @Override
    public int length() {
      return length;
    }

    @Override
    public void feed(int[] ids, CancellationToken token) {
      Buffers step = buffers();
      step.previous(ids);
      for (int i = 0; i < states.size(); i++) {
        run.input(states.get(i), now.get(i));
        run.output("next_" + states.get(i), step.next.get(i));
      }
      run.run(token);
      List<Tensor> old = now;
      now = step.next;
      step.next = old;
      length++;
      step.scores.copyTo(0, logits(), 0, rows * vocabularySize());
      if (step.weights != null) {
        attention = step.weights.toFloats();
      }
    }

    private Buffers buffers() {
      Buffers made = buffers;
      if (made == null) {
        made = new Buffers();
        buffers = made;
      }
      return made;
    }

    @Override
    public float[] feedAll(int[] ids, int count, CancellationToken token) {
      return feedOneByOne(ids, count, token);
    }

    @Override
    public void reorder(int[] parents, CancellationToken token) {
      if (isIdentity(parents, rows)) {
        return;
      }
      now.replaceAll(tensor -> picked(tensor, parents));
      if (parents.length != rows) {
        // Otherwise rows of one prompt share the encoder's outputs, so only the states move.
        constants.replaceAll((name, tensor) -> picked(tensor, parents));
        constants.forEach(run::constant);
        rows = parents.length;
        Buffers old = buffers;
        if (old != null) {
          old.close();
          buffers = null;
        }
      }
    }

    private Tensor picked(Tensor tensor, int[] parents) {
      Tensor fresh = tensor.gatherRows(parents);
      tensor.close();
      return fresh;
    }

    @Override
    public float @Nullable [] attention() {
      return attention == null ? null : attention.clone();
    }

    @Override
    public void close() {
      run.close();
      constants.values().forEach(Tensor::close);
      now.forEach(Tensor::close);
      if (buffers != null) {
        buffers.close();
      }
    }

    /** The tensors of a step for the rows that there are, bound when made. */
    private final class Buffers implements AutoCloseable {
      private final Tensor previous;
      private final Tensor scores;
      private final @Nullable Tensor weights;
      private List<Tensor> next = new ArrayList<>();

      Buffers() {
        previous = Tensor.allocate(ElementType.INT64, Shape.of(rows));
        scores = Tensor.allocate(ElementType.FLOAT32, Shape.of(rows, vocabularySize()));
        run.input("prev_token", previous).output(CausalModel.LOGITS, scores);
        for (Tensor state : now) {
          next.add(Tensor.allocate(ElementType.FLOAT32, state.shape()));
        }
        Tensor told = null;
        if (decoder.outputs().containsKey(WEIGHTS)) {
          Tensor outputs = java.util.Objects.requireNonNull(constants.get(OUTPUTS));
          told = Tensor.allocate(ElementType.FLOAT32, Shape.of(rows, outputs.shape().dim(1)));
          run.output(WEIGHTS, told);
        }
        weights = told;
      }

      void previous(int[] ids) {
        LongBuffer buffer = previous.longBuffer();
        for (int r = 0; r < rows; r++) {
          buffer.put(r, ids[r]);
        }
      }

      @Override
      public void close() {
        previous.close();
        scores.close();
        next.forEach(Tensor::close);
        if (weights != null) {
          weights.close();
        }
      }
    }
  }
}
