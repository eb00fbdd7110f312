package dev.sampo.embedding;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Stopwatch;
import dev.sampo.internal.Watch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.OnnxFile;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Tensor;
import dev.sampo.tokenizer.Encoding;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.Truncation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** An encoder on ONNX Runtime. */
final class OnnxTextEncoder implements TextEncoder {
  private static final int BATCH = 32;
  private static final String POOLED = "sentence_embedding";
  private static final List<String> OUTPUTS =
      List.of(POOLED, "last_hidden_state", "token_embeddings", "hidden_states", "text_embeds");

  private final ModelFolder folder;
  private final EncoderGraph encoder;
  private final Tokenizer tokenizer;
  private final String output;
  private final SentenceTransformer files;
  private final int batchSize;
  private final double loadMillis;

  private OnnxTextEncoder(
      ModelFolder folder,
      OnnxFile file,
      EncoderGraph encoder,
      Tokenizer tokenizer,
      String output,
      SentenceTransformer files,
      double loadMillis) {
    this.folder = folder;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.output = output;
    this.files = files;
    this.batchSize = quantisesAsItRuns(file) ? 1 : BATCH;
    this.loadMillis = loadMillis;
  }

  static TextEncoder open(ModelFolder folder, SessionConfig session) {
    long start = System.nanoTime();
    String name =
        folder.has("model") ? "model" : folder.has("text_model") ? "text_model" : "encoder";
    if (folder.family() == Family.GRAPH) {
      name = "graph";
    }
    if (!folder.has(name)) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " holds no encoder. Wanted: model.onnx or encoder_model.onnx, also under onnx/.");
    }
    Tokenizer tokenizer = folder.requireTokenizer().withPadding(null);
    SentenceTransformer files = SentenceTransformer.read(folder, tokenizer);
    Graph graph = folder.load(name, session);
    try {
      int pad =
          folder.jsonOrEmpty("config.json").path("pad_token_id").asInt(tokenizer.padTokenId());
      return new OnnxTextEncoder(
          folder,
          folder.graph(name).file(),
          new EncoderGraph(graph, Math.max(0, pad)),
          tokenizer,
          output(graph),
          files,
          (System.nanoTime() - start) / 1e6);
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  static boolean quantisesAsItRuns(OnnxFile file) {
    for (String operator : file.operators()) {
      if (operator.startsWith("DynamicQuantize")) {
        return true;
      }
    }
    return false;
  }

  private static String output(Graph graph) {
    for (String name : OUTPUTS) {
      if (graph.outputs().containsKey(name)) {
        return name;
      }
    }
    throw new ModelException(
        graph.path(),
        graph.name()
            + " has none of the outputs "
            + OUTPUTS
            + ". It has "
            + graph.outputs().keySet()
            + ".");
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
  public Settings settings() {
    return files.settings();
  }

  @Override
  public EmbeddingResult embed(EmbeddingRequest request) {
    Stopwatch clock = new Stopwatch(loadMillis);
    String prompt = prompt(request);
    Integer asked = request.maxLength();
    int most = settings().maxLength();
    Tokenizer cutting = cutting(asked == null ? most : Math.min(asked, most));
    List<Encoding> encodings = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (String text : request.texts()) {
      order.add(encodings.size());
      String whole = prompt + text;
      encodings.add(cutting.encode(files.lowerCase() ? whole.toLowerCase(Locale.ROOT) : whole));
    }
    order.sort((a, b) -> Integer.compare(encodings.get(b).length(), encodings.get(a).length()));
    int skipped = settings().includePrompt() || prompt.isEmpty() ? 0 : promptTokens(prompt);
    float[][] vectors = new float[order.size()][];
    clock.loopBegins();
    Watch watch = request.watch();
    for (int start = 0; start < order.size(); start += batchSize) {
      List<Integer> part = order.subList(start, Math.min(order.size(), start + batchSize));
      List<Encoding> batch = new ArrayList<>();
      part.forEach(i -> batch.add(encodings.get(i)));
      float[][] pooled;
      try {
        pooled = pooled(batch, request, skipped, watch.token());
      } catch (CancelledException e) {
        throw cancelled(start, vectors, clock, e);
      }
      for (int i = 0; i < pooled.length; i++) {
        vectors[part.get(i)] = finished(pooled[i], request);
      }
      watch.at(start + (long) part.size(), order.size());
    }
    clock.loopEnds(order.size());
    return new EmbeddingResult(
        Collections.unmodifiableList(Arrays.asList(vectors)), clock.timings());
  }

  private static CancelledException cancelled(
      int done, float[][] vectors, Stopwatch clock, CancelledException cause) {
    clock.loopEnds(done);
    return new CancelledException(
        "Cancelled after " + done + " of " + vectors.length + " texts",
        cause,
        new EmbeddingResult(Collections.unmodifiableList(Arrays.asList(vectors)), clock.timings()));
  }

  private String prompt(EmbeddingRequest request) {
    String given = request.prompt();
    if (given != null) {
      return given;
    }
    String name = request.promptName();
    if (name != null && !settings().prompts().containsKey(name)) {
      throw new RequestException(
          "promptName",
          name() + " has no prompt '" + name + "'; it has " + settings().prompts().keySet() + ".");
    }
    String chosen = name == null ? settings().defaultPrompt() : name;
    return chosen == null ? "" : settings().prompts().getOrDefault(chosen, "");
  }

  /** Tokens of a prompt and what stands before it; the special token at the end of a text is none of them. */
  private int promptTokens(String prompt) {
    int[] ids = tokenizer.withTruncation(null).encode(prompt).ids();
    boolean ends = ids.length > 0 && tokenizer.isSpecial(ids[ids.length - 1]);
    return ends ? ids.length - 1 : ids.length;
  }

  private Tokenizer cutting(int maxLength) {
    Truncation own = tokenizer.truncation();
    return tokenizer.withTruncation(
        own == null
            ? Truncation.to(maxLength)
            : new Truncation(maxLength, 0, own.strategy(), own.direction()));
  }

  private float[][] pooled(
      List<Encoding> encodings, EmbeddingRequest request, int skipped, CancellationToken token) {
    List<Pooling> asked = request.pooling();
    List<Pooling> poolings = asked == null ? settings().pooling() : asked;
    EncoderGraph.Batch batch = encoder.batch(encodings);
    try (Outputs outputs = encoder.run(batch, output, Collections.emptyMap(), token)) {
      Tensor tensor = outputs.get(output);
      float[] values = tensor.toFloats();
      int size = (int) tensor.shape().dim(-1);
      float[][] vectors = new float[encodings.size()][];
      int stride = values.length / vectors.length;
      for (int r = 0; r < vectors.length; r++) {
        vectors[r] =
            tensor.shape().rank() == 2
                ? Arrays.copyOfRange(values, r * stride, (r + 1) * stride)
                : joined(poolings, values, r * stride, batch.mask[r], size, skipped);
      }
      return vectors;
    }
  }

  private static float[] joined(
      List<Pooling> poolings, float[] values, int offset, int[] mask, int size, int skipped) {
    float[] all = new float[poolings.size() * size];
    for (int p = 0; p < poolings.size(); p++) {
      float[] one = poolings.get(p).pool(values, offset, mask, size, skipped);
      System.arraycopy(one, 0, all, p * size, size);
    }
    return all;
  }

  /** What follows pooling: the folder's modules unless the graph has them inside, then what the request adds. */
  private float[] finished(float[] pooled, EmbeddingRequest request) {
    Boolean asked = request.normalize();
    float[] vector = pooled;
    if (!output.equals(POOLED)) {
      for (SentenceTransformer.After module : files.after()) {
        if (module.dense() != null) {
          vector = module.dense().apply(vector);
        } else if (asked == null || asked) {
          Vectors.normalise(vector);
        }
      }
    }
    Integer own = request.truncateDim();
    Integer dim = own == null ? settings().truncateDim() : own;
    if (dim != null && dim < vector.length) {
      vector = Arrays.copyOf(vector, dim);
    }
    if (asked != null && asked) {
      Vectors.normalise(vector);
    }
    return vector;
  }

  @Override
  public void close() {
    encoder.close();
  }
}
