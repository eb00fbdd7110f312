package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.Model;
import dev.sampo.error.ModelException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Tensor;
import dev.sampo.tokenizer.Encoding;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Vectors of texts with an encoder: BERT, RoBERTa, MiniLM and the like. Pooling, normalisation, prompts and the maximal length are what the
 * folder's sentence-transformers files say ({@code modules.json}); without them the mean of the token vectors, as it is.
 *
 * <pre>{@code
 * try (TextEncoder encoder = TextEncoder.open(folder)) {
 *   double similarity = Vectors.cosine(encoder.embed("a cat"), encoder.embed("a kitten"));
 * }
 * }</pre>
 *
 * <p>Any number of threads may use it at the same time.
 */
public final class TextEncoder implements Model {
  private final ModelFolder folder;
  private static final int BATCH = 32;
  private static final List<String> TOKEN_OUTPUTS =
      List.of("last_hidden_state", "token_embeddings", "hidden_states");

  private final EncoderGraph encoder;
  private final Tokenizer tokenizer;
  private final String output;
  private final Settings settings;

  /**
   * What the folder says.
   *
   * @param pooling how token vectors become one
   * @param normalise whether vectors are scaled to length 1
   * @param maxLength most tokens of a text, special ones included; longer texts are cut
   * @param prompt what is put before each text
   */
  public record Settings(Pooling pooling, boolean normalise, int maxLength, String prompt) {}

  private TextEncoder(
      ModelFolder folder,
      EncoderGraph encoder,
      Tokenizer tokenizer,
      String output,
      Settings settings) {
    this.folder = folder;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.output = output;
    this.settings = settings;
  }

  /** Loads a model folder with the default session settings. */
  public static TextEncoder open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Loads a model folder.
   *
   * @throws ModelException if the folder holds no encoder
   * @throws IllegalArgumentException if its sentence-transformers files ask for something that is not supported
   */
  public static TextEncoder open(Path folder, SessionConfig session) {
    return open(ModelFolder.open(folder), session);
  }

  /**
   * Loads a model folder that was opened before.
   *
   * @throws ModelException if it holds no encoder
   * @throws IllegalArgumentException if its sentence-transformers files ask for something that is not supported
   */
  public static TextEncoder open(ModelFolder folder, SessionConfig session) {
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
    JsonNode config = folder.jsonOrEmpty("config.json");
    Settings settings = SentenceTransformersFiles.read(folder, config);
    Tokenizer tokenizer =
        folder
            .requireTokenizer()
            .withPadding(null)
            .withTruncation(Truncation.to(settings.maxLength()));
    Graph graph = folder.load(name, session);
    try {
      return new TextEncoder(
          folder,
          new EncoderGraph(
              graph, config.path("pad_token_id").asInt(Math.max(0, tokenizer.padTokenId()))),
          tokenizer,
          output(graph),
          settings);
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  private static String output(Graph graph) {
    List<String> wanted = new ArrayList<>();
    wanted.add("sentence_embedding");
    wanted.addAll(TOKEN_OUTPUTS);
    wanted.add("text_embeds");
    for (String name : wanted) {
      if (graph.outputs().containsKey(name)) {
        return name;
      }
    }
    throw new ModelException(
        graph.path(),
        graph.name()
            + " has none of the outputs "
            + wanted
            + ". It has "
            + graph.outputs().keySet()
            + ".");
  }

  /** What the folder says. */
  public Settings settings() {
    return settings;
  }

  /** The vector of a text. */
  public float[] embed(String text) {
    return embed(Collections.singletonList(text)).get(0);
  }

  /** The vectors of texts, as the folder wants them pooled and normalised. */
  public List<float[]> embed(List<String> texts) {
    return embed(texts, settings.pooling(), settings.normalise(), CancellationToken.none());
  }

  /**
   * The vectors of texts. They are read in batches of texts of similar length; the result does not depend on that by more than rounding.
   *
   * @param pooling how token vectors become one; has no effect where the graph pools itself
   * @param normalise whether vectors are scaled to length 1
   */
  public List<float[]> embed(
      List<String> texts, Pooling pooling, boolean normalise, CancellationToken token) {
    List<Encoding> encodings = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (String text : texts) {
      order.add(encodings.size());
      encodings.add(tokenizer.encode(settings.prompt() + text));
    }
    order.sort((a, b) -> Integer.compare(encodings.get(b).length(), encodings.get(a).length()));
    float[][] vectors = new float[texts.size()][];
    for (int start = 0; start < order.size(); start += BATCH) {
      List<Integer> part = order.subList(start, Math.min(order.size(), start + BATCH));
      List<Encoding> batch = new ArrayList<>();
      part.forEach(i -> batch.add(encodings.get(i)));
      float[][] pooled = embedBatch(batch, pooling, token);
      for (int i = 0; i < pooled.length; i++) {
        if (normalise) {
          Vectors.normalise(pooled[i]);
        }
        vectors[part.get(i)] = pooled[i];
      }
    }
    List<float[]> all = new ArrayList<>();
    Collections.addAll(all, vectors);
    return all;
  }

  private float[][] embedBatch(List<Encoding> encodings, Pooling pooling, CancellationToken token) {
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
                ? java.util.Arrays.copyOfRange(values, r * stride, (r + 1) * stride)
                : pooling.pool(values, r * stride, batch.mask[r], size);
      }
      return vectors;
    }
  }

  /** The cosine of two texts' vectors, from -1 to 1. */
  public double similarity(String a, String b) {
    List<float[]> both = embed(java.util.Arrays.asList(a, b));
    return Vectors.cosine(both.get(0), both.get(1));
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
  public void close() {
    encoder.close();
  }

  /** The files that sentence-transformers writes beside a model. */
  private static final class SentenceTransformersFiles {
    private static final String[][] MODES = {
      {"pooling_mode_cls_token", "CLS"},
      {"pooling_mode_mean_tokens", "MEAN"},
      {"pooling_mode_max_tokens", "MAX"},
      {"pooling_mode_mean_sqrt_len_tokens", "MEAN_SQRT_LEN"},
      {"pooling_mode_weightedmean_tokens", "WEIGHTED_MEAN"},
      {"pooling_mode_lasttoken", "LAST"}
    };

    static Settings read(ModelFolder folder, JsonNode config) {
      Pooling pooling = Pooling.MEAN;
      boolean normalise = false;
      for (JsonNode module : folder.jsonOrEmpty("modules.json")) {
        String type = module.path("type").asText();
        String kind = type.substring(type.lastIndexOf('.') + 1);
        switch (kind) {
          case "Transformer":
            break;
          case "Pooling":
            pooling = pooling(folder.jsonOrEmpty(module.path("path").asText() + "/config.json"));
            break;
          case "Normalize":
            normalise = true;
            break;
          default:
            throw new IllegalArgumentException(
                "modules.json asks for "
                    + type
                    + ", which is not supported. Export the model with it inside the graph (output"
                    + " sentence_embedding).");
        }
      }
      int positions = positions(config);
      boolean roberta = config.path("model_type").asText().contains("roberta");
      int maxLength =
          Math.min(positions == Integer.MAX_VALUE ? 512 : positions, 1 << 20) - (roberta ? 2 : 0);
      JsonNode limit = folder.jsonOrEmpty("sentence_bert_config.json").path("max_seq_length");
      if (limit.isInt()) {
        maxLength = Math.min(maxLength, limit.intValue());
      }
      JsonNode prompts = folder.jsonOrEmpty("config_sentence_transformers.json");
      String prompt =
          prompts.path("prompts").path(prompts.path("default_prompt_name").asText()).asText("");
      return new Settings(pooling, normalise, maxLength, prompt);
    }

    private static int positions(JsonNode config) {
      for (String key :
          List.of("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")) {
        if (config.path(key).isInt()) {
          return config.path(key).intValue();
        }
      }
      return Integer.MAX_VALUE;
    }

    private static Pooling pooling(JsonNode config) {
      List<Pooling> chosen = new ArrayList<>();
      for (String[] mode : MODES) {
        if (config.path(mode[0]).asBoolean(false)) {
          chosen.add(Pooling.valueOf(mode[1]));
        }
      }
      if (config.path("pooling_mode").isTextual()) {
        chosen.add(Pooling.parse(config.path("pooling_mode").asText()));
      }
      if (chosen.size() > 1) {
        throw new IllegalArgumentException(
            "The Pooling of modules.json joins " + chosen + "; one kind is supported.");
      }
      return chosen.isEmpty() ? Pooling.MEAN : chosen.get(0);
    }
  }
}
