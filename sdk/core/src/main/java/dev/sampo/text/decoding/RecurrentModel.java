package dev.sampo.text.decoding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.model.ModelGraph;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent language model, LSTM or GRU: {@code input_ids} [batch,time] and {@code h0}(, {@code c0}) [layers,batch,hidden] give {@code logits}
 * [batch,time,vocabulary] and {@code hn}(, {@code cn}). States begin at zero. Prompts of different lengths are read one by one, so padding never
 * reaches the model. A graph may give the scores after the last id only, [batch,vocabulary].
 */
final class RecurrentModel implements TextModel {
  private static final List<String[]> STATES =
      List.of(new String[] {"h0", "hn"}, new String[] {"c0", "cn"});

  private final Graph graph;
  private final Names names;
  private final Map<String, TensorInfo> inputs;
  private final int vocabularySize;
  private final boolean lastOnly;
  private final List<String[]> states = new ArrayList<>();

  RecurrentModel(Graph graph, ModelGraph model, JsonNode config) {
    this.graph = graph;
    this.names = Names.of(model);
    this.inputs = names.inputs(graph);
    this.vocabularySize = CausalModel.vocabularySize(graph, names.outputs(graph), config);
    this.lastOnly =
        Objects.requireNonNull(names.outputs(graph).get(CausalModel.LOGITS)).shape().rank() == 2;
    for (String[] state : STATES) {
      if (inputs.containsKey(state[0])) {
        states.add(state);
      }
    }
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public boolean isEncoderDecoder() {
    return false;
  }

  @Override
  public int maxPositions() {
    return Integer.MAX_VALUE;
  }

  @Override
  public DecodingState start(Batch batch, int copies, boolean useCache, CancellationToken token) {
    int rows = batch.ids().length;
    State whole = new State(rows);
    try {
      boolean padded = false;
      for (int[] mask : batch.mask()) {
        padded |= mask[0] == 0;
      }
      if (padded) {
        for (int r = 0; r < rows; r++) {
          try (State single = new State(1)) {
            single.prefill(new int[][] {batch.withoutPadding(r)}, token);
            whole.takeRow(r, single, 0);
          }
        }
        whole.length = batch.ids()[0].length;
      } else {
        whole.prefill(batch.ids(), token);
      }
      if (copies > 1) {
        float[] first = Arrays.copyOf(whole.logits(), rows * vocabularySize);
        whole.reorder(DecodingState.copiesOf(rows, copies), token);
        whole.spreadLogits(first, copies);
      }
      return whole;
    } catch (RuntimeException | Error e) {
      whole.close();
      throw e;
    }
  }

  @Override
  public @Nullable RowBatch newRows() {
    boolean anyRows = Objects.requireNonNull(inputs.get("input_ids")).shape().dim(0) < 0;
    for (String[] state : states) {
      anyRows &= Objects.requireNonNull(inputs.get(state[0])).shape().dim(1) < 0;
    }
    return anyRows ? new Rows() : null;
  }

  @Override
  public float[] scoreAll(Batch batch, CancellationToken token) {
    int rows = batch.ids().length;
    int count = batch.ids()[0].length;
    int[] flat = new int[rows * count];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(batch.ids()[r], 0, flat, r * count, count);
    }
    try (State state = new State(rows)) {
      return state.feedAll(flat, count, token);
    }
  }

  @Override
  public void close() {
    graph.close();
  }

  /** Rows are columns of the hidden states: nothing depends on their age. */
  private final class Rows implements RowBatch {
    private @Nullable State all;

    @Override
    public DecodingState newRow() {
      return new State(1);
    }

    @Override
    public void read(DecodingState row, int[] ids, CancellationToken token) {
      ((State) row).prefill(new int[][] {ids}, token);
    }

    @Override
    public DecodingState copy(DecodingState row, CancellationToken token) {
      return copy((State) row, 0, row.length());
    }

    @Override
    public DecodingState copy(int row, int length, CancellationToken token) {
      return copy(Objects.requireNonNull(all), row, length);
    }

    private State copy(State from, int row, int length) {
      State copy = new State(1);
      copy.takeRow(0, from, row);
      copy.length = length;
      return copy;
    }

    @Override
    public void join(DecodingState row, int copies, CancellationToken token) {
      State whole = all;
      int before = whole == null ? 0 : whole.rows;
      if (whole == null) {
        whole = new State(copies);
        all = whole;
      } else {
        int[] parents = new int[before + copies]; // the new ones are written over at once
        System.arraycopy(Gather.first(before), 0, parents, 0, before);
        whole.reorder(parents, token);
      }
      for (int r = before; r < before + copies; r++) {
        whole.takeRow(r, (State) row, 0);
      }
    }

    @Override
    public void keep(int[] rows, CancellationToken token) {
      if (rows.length == 0) {
        close();
      } else {
        Objects.requireNonNull(all).reorder(rows, token);
      }
    }

    @Override
    public void feed(int[] ids, CancellationToken token) {
      Objects.requireNonNull(all).feed(ids, token);
    }

    @Override
    public void scores(int row, float[] target, int at) {
      float[] scores = Objects.requireNonNull(all).logits();
      System.arraycopy(scores, row * vocabularySize, target, at, vocabularySize);
    }

    @Override
    public int rows() {
      return all == null ? 0 : all.rows;
    }

    @Override
    public long bytes() {
      return rows() * bytesOf(1);
    }

    @Override
    public long bytesOf(int length) {
      long bytes = 0;
      for (String[] state : states) {
        Shape shape = Objects.requireNonNull(inputs.get(state[0])).shape();
        bytes += 4 * shape.with(1, 1).elementCount();
      }
      return bytes;
    }

    @Override
    public void close() {
      if (all != null) {
        all.close();
        all = null;
      }
    }
  }

  /** Hidden states in two sets of buffers that take turns as input and output. */
  private final class State extends DecodingState {
    private int rows;
    private int length;
    private GraphRun run;
    private List<Tensor> now = new ArrayList<>();
    private List<Tensor> next = new ArrayList<>();
    private @Nullable Tensor ids;
    private @Nullable Tensor scores;

    State(int rows) {
      super(RecurrentModel.this.vocabularySize);
      this.rows = rows;
      this.run = graph.prepare();
      now = zeros();
      next = zeros();
    }

    private List<Tensor> zeros() {
      List<Tensor> tensors = new ArrayList<>();
      for (String[] name : states) {
        TensorInfo info = Objects.requireNonNull(inputs.get(name[0]));
        tensors.add(Tensor.allocate(ElementType.FLOAT32, info.shape().with(1, rows)));
      }
      return tensors;
    }

    @Override
    public int rows() {
      return rows;
    }

    @Override
    public int length() {
      return length;
    }

    void prefill(int[][] prompts, CancellationToken token) {
      int count = prompts[0].length;
      int[] flat = new int[rows * count];
      for (int r = 0; r < rows; r++) {
        System.arraycopy(prompts[r], 0, flat, r * count, count);
      }
      int v = vocabularySize();
      if (lastOnly) {
        try (Tensor input = Tensor.allocate(ElementType.INT64, Shape.of(rows, count));
            Tensor output = Tensor.allocate(ElementType.FLOAT32, scores(1))) {
          run(flat, count, input, output, token);
          output.copyTo(0, logits(), 0, rows * v);
        }
        return;
      }
      float[] all = feedAll(flat, count, token);
      for (int r = 0; r < rows; r++) {
        System.arraycopy(all, (r * count + count - 1) * v, logits(), r * v, v);
      }
    }

    @Override
    public void feed(int[] newest, CancellationToken token) {
      if (ids == null || scores == null) {
        ids = Tensor.allocate(ElementType.INT64, Shape.of(rows, 1));
        scores = Tensor.allocate(ElementType.FLOAT32, scores(1));
      }
      run(newest, 1, ids, scores, token);
      scores.copyTo(0, logits(), 0, rows * vocabularySize());
    }

    private Shape scores(int count) {
      return lastOnly ? Shape.of(rows, vocabularySize()) : Shape.of(rows, count, vocabularySize());
    }

    @Override
    public float[] feedAll(int[] several, int count, CancellationToken token) {
      if (lastOnly) {
        return feedOneByOne(several, count, token);
      }
      try (Tensor input = Tensor.allocate(ElementType.INT64, Shape.of(rows, count));
          Tensor output = Tensor.allocate(ElementType.FLOAT32, scores(count))) {
        run(several, count, input, output, token);
        return output.toFloats();
      }
    }

    private void run(
        int[] values, int count, Tensor input, Tensor output, CancellationToken token) {
      LongBuffer buffer = input.longBuffer();
      for (int i = 0; i < values.length; i++) {
        buffer.put(i, values[i]);
      }
      run.input(names.input("input_ids"), input);
      run.output(names.output(CausalModel.LOGITS), output);
      for (int i = 0; i < states.size(); i++) {
        run.input(names.input(states.get(i)[0]), now.get(i));
        run.output(names.output(states.get(i)[1]), next.get(i));
      }
      run.run(token);
      List<Tensor> old = now;
      now = next;
      next = old;
      length += count;
    }

    void takeRow(int row, State other, int from) {
      for (int i = 0; i < now.size(); i++) {
        float[] target = now.get(i).toFloats();
        float[] source = other.now.get(i).toFloats();
        copyRow(source, from, other.rows, target, row, rows, now.get(i).shape());
        now.get(i).set(target);
      }
      int size = vocabularySize();
      System.arraycopy(other.logits(), from * size, logits(), row * size, size);
    }

    /** Copies the hidden units of one row in all layers. */
    private void copyRow(
        float[] from, int fromRow, int fromRows, float[] to, int toRow, int toRows, Shape shape) {
      int hidden = (int) shape.dim(2);
      for (int layer = 0; layer < shape.dim(0); layer++) {
        System.arraycopy(
            from,
            (layer * fromRows + fromRow) * hidden,
            to,
            (layer * toRows + toRow) * hidden,
            hidden);
      }
    }

    @Override
    public void reorder(int[] parents, CancellationToken token) {
      if (isIdentity(parents, rows)) {
        return;
      }
      int before = rows;
      List<Tensor> old = now;
      rows = parents.length;
      if (rows != before) {
        next.forEach(Tensor::close);
        next = zeros();
        now = zeros();
        closeStep();
      }
      for (int i = 0; i < old.size(); i++) {
        float[] source = old.get(i).toFloats();
        float[] target = new float[source.length / before * rows];
        for (int r = 0; r < rows; r++) {
          copyRow(source, parents[r], before, target, r, rows, old.get(i).shape());
        }
        now.get(i).set(target);
      }
      if (rows != before) {
        old.forEach(Tensor::close);
      }
    }

    private void closeStep() {
      if (ids != null) {
        ids.close();
        ids = null;
      }
      if (scores != null) {
        scores.close();
        scores = null;
      }
    }

    @Override
    public void close() {
      run.close();
      now.forEach(Tensor::close);
      next.forEach(Tensor::close);
      closeStep();
    }
  }
}
