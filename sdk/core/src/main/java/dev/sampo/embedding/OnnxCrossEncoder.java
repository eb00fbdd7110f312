package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.internal.Stopwatch;
import dev.sampo.internal.Watch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.tokenizer.Encoding;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.Truncation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A classifier of text pairs on ONNX Runtime. */
final class OnnxCrossEncoder implements CrossEncoder {
  private static final int BATCH = 32;
  private static final int MOST_LABELS = 1_000_000;
  private static final String LOGITS = "logits";
  private static final String TORCH = "torch.nn.modules.";

  private final ModelFolder folder;
  private final EncoderGraph encoder;
  private final Tokenizer tokenizer;
  private final List<String> labels;
  private final Activation activation;
  private final int maxLength;
  private final int batchSize;
  private final double loadMillis;

  private OnnxCrossEncoder(
      ModelFolder folder,
      String graphName,
      EncoderGraph encoder,
      Tokenizer tokenizer,
      List<String> labels,
      double loadMillis) {
    this.folder = folder;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.labels = labels;
    this.activation = activation(folder, labels.size());
    this.maxLength = SentenceTransformer.maxLength(folder, tokenizer);
    boolean apart = OnnxTextEncoder.quantisesAsItRuns(folder.graph(graphName).file());
    this.batchSize = apart ? 1 : BATCH;
    this.loadMillis = loadMillis;
  }

  static CrossEncoder open(ModelFolder folder, SessionConfig session) {
    long start = System.nanoTime();
    String name = folder.family() == Family.GRAPH ? "graph" : "model";
    if (!folder.has(name) || !folder.graph(name).hasOutput(LOGITS)) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " holds no classifier of texts. Wanted: model.onnx with the output 'logits', as"
              + " Optimum writes it for a model ...ForSequenceClassification.");
    }
    Tokenizer tokenizer = folder.requireTokenizer().withPadding(null);
    JsonNode config = folder.jsonOrEmpty("config.json");
    Graph graph = folder.load(name, session);
    try {
      int pad = config.path("pad_token_id").asInt(tokenizer.padTokenId());
      return new OnnxCrossEncoder(
          folder,
          name,
          new EncoderGraph(graph, Math.max(0, pad)),
          tokenizer,
          labels(config, graph),
          (System.nanoTime() - start) / 1e6);
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  /** The names of the labels; by the graph's width where the configuration names none. */
  private static List<String> labels(JsonNode config, Graph graph) {
    JsonNode names = config.path("id2label");
    long width = graph.outputs().get(LOGITS).shape().rank() == 2 ? width(graph) : -1;
    int count = names.size() > 0 ? names.size() : (int) Math.max(1, Math.min(width, MOST_LABELS));
    if (width > MOST_LABELS) {
      throw new ModelException(
          graph.path(),
          graph.path()
              + " gives "
              + width
              + " scores a pair, more than the "
              + MOST_LABELS
              + " labels that a classifier can have here. Is it a model of whole texts"
              + " (...ForSequenceClassification)?");
    }
    if (width > 0 && width != count) {
      throw new ModelException(
          graph.path(),
          graph.path()
              + " gives "
              + width
              + " scores, and id2label of config.json names "
              + count
              + " labels. Export the model again.");
    }
    List<String> labels = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      labels.add(names.path(String.valueOf(i)).asText("LABEL_" + i));
    }
    return Collections.unmodifiableList(labels);
  }

  private static long width(Graph graph) {
    return graph.outputs().get(LOGITS).shape().dim(1);
  }

  /** {@code activation_fn} of sentence-transformers, at its three places of different age; else a sigmoid for one label. */
  private static Activation activation(ModelFolder folder, int labels) {
    JsonNode config = folder.jsonOrEmpty("config.json");
    for (JsonNode named :
        Arrays.asList(
            folder.jsonOrEmpty("config_sentence_transformers.json").path("activation_fn"),
            config.path("sentence_transformers").path("activation_fn"),
            config.path("sbert_ce_default_activation_function"))) {
      if (named.isTextual()) {
        return activation(folder, named.asText());
      }
    }
    return labels == 1 ? Activation.SIGMOID : Activation.IDENTITY;
  }

  private static Activation activation(ModelFolder folder, String name) {
    switch (name.startsWith(TORCH) ? name.substring(TORCH.length()) : name) {
      case "activation.Sigmoid":
        return Activation.SIGMOID;
      case "linear.Identity":
        return Activation.IDENTITY;
      default:
        throw new ModelException(
            folder.root(),
            "Model "
                + folder.root()
                + " asks for the activation "
                + name
                + "; known are torch.nn.modules.activation.Sigmoid and"
                + " torch.nn.modules.linear.Identity.");
    }
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return folder.family();
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  @Override
  public int maxLength() {
    return maxLength;
  }

  @Override
  public Activation activationFn() {
    return activation;
  }

  @Override
  public CrossEncoderResult predict(CrossEncoderRequest request) {
    Stopwatch clock = new Stopwatch(loadMillis);
    Integer asked = request.maxLength();
    int most = asked == null ? maxLength : Math.min(asked, maxLength);
    Tokenizer cutting = tokenizer.withTruncation(Truncation.to(most));
    List<Encoding> encodings = new ArrayList<>(request.pairs().size());
    List<Integer> order = new ArrayList<>(request.pairs().size());
    for (Pair pair : request.pairs()) {
      order.add(encodings.size());
      encodings.add(cutting.encode(pair.text(), pair.pair(), true));
    }
    order.sort((a, b) -> Integer.compare(encodings.get(b).length(), encodings.get(a).length()));
    float[][] scores = new float[order.size()][];
    clock.loopBegins();
    Watch watch = request.watch();
    for (int start = 0; start < order.size(); start += batchSize) {
      List<Integer> part = order.subList(start, Math.min(order.size(), start + batchSize));
      try {
        score(part, encodings, scores, request, watch.token());
      } catch (CancelledException e) {
        clock.loopEnds(start);
        String told = "Cancelled after " + start + " of " + scores.length + " pairs";
        throw new CancelledException(told, e, result(scores, clock));
      }
      watch.at(start + (long) part.size(), order.size());
    }
    clock.loopEnds(order.size());
    return result(scores, clock);
  }

  private CrossEncoderResult result(float[][] scores, Stopwatch clock) {
    return new CrossEncoderResult(
        Collections.unmodifiableList(Arrays.asList(scores)), labels, clock.timings());
  }

  private void score(
      List<Integer> part,
      List<Encoding> encodings,
      float[][] scores,
      CrossEncoderRequest request,
      CancellationToken token) {
    List<Encoding> batch = new ArrayList<>(part.size());
    part.forEach(i -> batch.add(encodings.get(i)));
    float[] logits;
    try (Outputs outputs =
        encoder.run(encoder.batch(batch), LOGITS, Collections.emptyMap(), token)) {
      logits = outputs.get(LOGITS).toFloats();
    }
    int width = labels.size();
    if (logits.length != width * part.size()) {
      throw new ModelException(
          encoder.graph().path(),
          encoder.graph().path()
              + " gave "
              + logits.length
              + " scores for "
              + part.size()
              + " pairs and "
              + width
              + " labels. Is it a model of whole texts (...ForSequenceClassification)?");
    }
    Activation own = request.activationFn();
    for (int i = 0; i < part.size(); i++) {
      float[] row = Arrays.copyOfRange(logits, i * width, (i + 1) * width);
      finish(row, own == null ? activation : own, request.applySoftmax());
      scores[part.get(i)] = row;
    }
  }

  private static void finish(float[] row, @Nullable Activation activation, boolean softmax) {
    if (activation == Activation.SIGMOID) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) (1 / (1 + Math.exp(-row[i])));
      }
    }
    if (softmax && row.length > 1) {
      Rows.softmax(row, 0, row.length);
    }
  }

  @Override
  public void close() {
    encoder.close();
  }
}
