package dev.sampo.training.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import dev.sampo.io.NpyArray;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.training.data.Texts;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.Objective;
import dev.sampo.training.graph.Scope;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.loss.Terms;
import dev.sampo.training.run.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Recurrent and Transformer language models. */
final class LanguageRecipes {
  private static final Logger LOG = LoggerFactory.getLogger(LanguageRecipes.class);

  private LanguageRecipes() {}

  /**
   * A character model with its state. The text is cut into as many streams as the batch is large; a step takes the next
   * window of each and the state goes on (truncated back-propagation through time).
   */
  static Recipe recurrent(ModelFolder source, RecipeOptions options) throws IOException {
    Path folder = source.root();
    ModelGraph named = source.graph("model");
    Path file = named.path();
    ModelProto model = GraphNames.ofSpec(Models.read(file), named);
    int batch = options.batchOr(32);
    int time = options.lengthOr(64);
    Map<String, String> state = new LinkedHashMap<>();
    for (ValueInfoProto input : model.getGraph().getInputList()) {
      String name = input.getName();
      if (!name.equals("input_ids")) {
        state.put(name, name.replace('0', 'n'));
      }
    }
    TrainingGraph graph =
        TrainingGraph.builder()
            .model("model", model)
            .dim("batch", batch)
            .dim("time", time)
            .dim("*.0", batch)
            .dim("input_ids.1", time)
            .trainable(options.trainable())
            .objective(Losses.languageModel("logits", state))
            .build();
    int[] ids = ids(source.requireTokenizer(), options);
    int[][] parts = split(ids, options.validation());
    Streams training = new Streams(parts[0], batch, time, graph, state.keySet());
    List<Batch> validation = new ArrayList<>();
    if (parts[1].length > batch * (time + 1)) {
      Streams held = new Streams(parts[1], batch, time, graph, state.keySet());
      for (int i = 0; i < Math.min(held.windows(), 8); i++) {
        validation.add(held.window(i, true));
      }
    }
    return new SingleRecipe(
        graph,
        options,
        training::at,
        validation,
        new FolderExport(folder)
            .with("model", file)
            .named("model", trained -> GraphNames.ofFile(trained, named)),
        300,
        2e-3);
  }

  /** The text of the options' data as ids, by the model's own tokenizer. */
  private static int[] ids(Tokenizer tokenizer, RecipeOptions options) throws IOException {
    String text = Texts.read(options.data(), options.columns());
    try {
      return tokenizer.encodeToIds(text);
    } catch (TokenizerException e) {
      throw new SampoException(options.data() + ": " + e.getMessage(), e);
    }
  }

  private static int[][] split(int[] ids, double validation) {
    int cut = (int) Math.round(ids.length * (1 - validation));
    return new int[][] {Arrays.copyOfRange(ids, 0, cut), Arrays.copyOfRange(ids, cut, ids.length)};
  }

  /** A text as parallel streams of windows. */
  private static final class Streams {
    private final int[] ids;
    private final int batch;
    private final int time;
    private final int length;
    private final TrainingGraph graph;
    private final Iterable<String> state;

    Streams(int[] ids, int batch, int time, TrainingGraph graph, Iterable<String> state) {
      this.ids = ids;
      this.batch = batch;
      this.time = time;
      this.graph = graph;
      this.state = state;
      length = (ids.length - 1) / batch;
      if (windows() == 0) {
        throw new SampoException(
            "The text has "
                + ids.length
                + " tokens; a batch of "
                + batch
                + " windows of "
                + time
                + " needs "
                + (batch * time + 1)
                + ". Give more text, a smaller batch or a shorter length.");
      }
    }

    int windows() {
      return length / time;
    }

    Batch at(long step) {
      int window = (int) (step % windows());
      return window(window, window == 0);
    }

    Batch window(int window, boolean fresh) {
      long[] in = new long[batch * time];
      long[] next = new long[batch * time];
      for (int b = 0; b < batch; b++) {
        for (int t = 0; t < time; t++) {
          int at = b * length + window * time + t;
          in[b * time + t] = ids[at];
          next[b * time + t] = ids[at + 1];
        }
      }
      Batch result =
          new Batch().longs("input_ids", in, batch, time).longs("labels", next, batch, time);
      if (fresh) {
        for (String name : state) {
          TensorType type = graph.carriedType(name);
          result.floats(name, new float[(int) type.elementCount()], type.dims());
        }
      }
      return result;
    }
  }

  /** The token that ends a text; the first where there are several. Null if no file names one. */
  static @Nullable Integer endOfText(Path folder) throws IOException {
    for (String name : new String[] {"generation_config.json", "config.json"}) {
      Path file = folder.resolve(name);
      if (!Files.isRegularFile(file)) {
        continue;
      }
      try {
        JsonNode end = new ObjectMapper().readTree(Files.readAllBytes(file)).path("eos_token_id");
        JsonNode first = end.isArray() ? end.path(0) : end;
        if (first.isInt()) {
          return first.intValue();
        }
      } catch (JsonProcessingException e) {
        throw new ModelException(
            file, "File " + file + " is no JSON: " + e.getOriginalMessage(), e);
      }
    }
    LOG.warn("No file of {} names an eos_token_id: answers are trained without an end", folder);
    return null;
  }

  /** A decoder-only Transformer in the Optimum layout, on windows of tokens in random order. */
  static Recipe transformer(ModelFolder source, RecipeOptions options) throws IOException {
    Path folder = source.root();
    Path file = source.graphFiles().get(0);
    ModelProto model = Models.read(file);
    int batch = options.batchOr(8);
    int time = options.lengthOr(64);
    TrainingGraph graph =
        TrainingGraph.builder()
            .model("model", model)
            .dim("batch_size", batch)
            .dim("sequence_length", time)
            .dim("past_sequence_length", 0)
            .dim("past_sequence_length + sequence_length", time)
            .dim("*.0", batch)
            .dim("input_ids.1", time)
            .dim("position_ids.1", time)
            .dim("attention_mask.1", time)
            .dim("past*.2", 0)
            // The zeros that stand for the bias which this kind of model has not.
            .trainable(options.trainable().except("no_bias"))
            .objective(withoutPast(model, batch, time))
            .build();
    FolderExport export = new FolderExport(folder).with("model", file);
    if (options.columns().size() == 2) {
      PromptWindows all =
          PromptWindows.of(options, source.requireTokenizer(), time, endOfText(folder));
      int cut = (int) (all.size() * (1 - options.validation()));
      Order order = new Order(cut, batch, options.seed());
      List<Batch> validation = new ArrayList<>();
      for (int i = cut; i + batch <= all.size() && validation.size() < 8; i += batch) {
        int first = i;
        validation.add(all.batch(Arrays.stream(range(batch)).map(k -> first + k).toArray()));
      }
      return new SingleRecipe(
          graph, options, step -> all.batch(order.at(step)), validation, export, 200, 1e-3);
    }
    int[] ids =
        String.valueOf(options.data().getFileName()).endsWith(".npy")
            ? Arrays.stream(NpyArray.read(options.data()).toLongs())
                .mapToInt(Math::toIntExact)
                .toArray()
            : ids(source.requireTokenizer(), options);
    int[][] parts = split(ids, options.validation());
    int windows = (parts[0].length - 1) / time;
    if (windows < batch) {
      throw new SampoException(
          options.data()
              + " has "
              + ids.length
              + " tokens, of which "
              + parts[0].length
              + " are trained on; a batch of "
              + batch
              + " windows of "
              + time
              + " needs "
              + (batch * time + 1)
              + ". Give more text, a smaller batch or a shorter length.");
    }
    Order order = new Order(windows, batch, options.seed());
    List<Batch> validation = new ArrayList<>();
    int held = Math.max(0, parts[1].length - 1) / time / batch;
    for (int i = 0; i < Math.min(held, 8); i++) {
      int first = i * batch;
      validation.add(
          windows(parts[1], time, Arrays.stream(range(batch)).map(k -> first + k).toArray()));
    }
    return new SingleRecipe(
        graph,
        options,
        step -> windows(parts[0], time, order.at(step)),
        validation,
        export,
        500,
        1e-3);
  }

  private static int[] range(int n) {
    int[] result = new int[n];
    for (int i = 0; i < n; i++) {
      result[i] = i;
    }
    return result;
  }

  private static Batch windows(int[] ids, int time, int[] which) {
    int batch = which.length;
    long[] in = new long[batch * time];
    long[] next = new long[batch * time];
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < time; t++) {
        in[b * time + t] = ids[which[b] * time + t];
        next[b * time + t] = ids[which[b] * time + t + 1];
      }
    }
    return new Batch().longs("input_ids", in, batch, time).longs("labels", next, batch, time);
  }

  /** The loss with an empty cache, every place attended to and positions 0, 1, ... */
  private static Objective withoutPast(ModelProto model, int batch, int time) {
    return scope -> {
      Map<String, Value> in = new LinkedHashMap<>();
      for (ValueInfoProto input : model.getGraph().getInputList()) {
        String name = input.getName();
        TensorType type = scope.inputType("model", name);
        if (name.equals("input_ids")) {
          in.put(name, scope.input(name, type));
        } else if (name.equals("position_ids")) {
          in.put(name, places(scope, batch, time));
        } else if (name.equals("attention_mask")) {
          in.put(name, filled(scope, type, 1));
        } else if (type.isFloat() && type.elementCount() == 0) {
          in.put(name, scope.graph().zeros(type.dims()));
        } else if (name.equals("use_cache_branch")) {
          in.put(name, filled(scope, type, 0));
        }
      }
      Value logits = scope.run(in).get("logits");
      if (logits == null) {
        throw new SampoException("The model has no output 'logits'.");
      }
      Value labels = scope.input("labels", TensorType.longs(batch, time));
      Value loss = Terms.crossEntropy(scope, logits, labels, Terms.IGNORE_INDEX, 0);
      scope.metric("bits", scope.graph().mul(loss, scope.graph().scalar(1 / Math.log(2))));
      return loss;
    };
  }

  private static Value places(Scope scope, int batch, int time) {
    long[] places = new long[batch * time];
    for (int i = 0; i < places.length; i++) {
      places[i] = i % time;
    }
    return scope.graph().constant(Tensors.ofLongs("", new long[] {batch, time}, places));
  }

  private static Value filled(Scope scope, TensorType type, long value) {
    if (type.elementType() == TensorProto.DataType.BOOL_VALUE) {
      byte[] bytes = new byte[(int) type.elementCount()];
      Arrays.fill(bytes, (byte) value);
      return scope.graph().constant(Tensors.raw("", type.elementType(), type.dims(), bytes));
    }
    long[] values = new long[(int) type.elementCount()];
    Arrays.fill(values, value);
    return scope.graph().constant(Tensors.ofLongs("", type.dims(), values));
  }
}
