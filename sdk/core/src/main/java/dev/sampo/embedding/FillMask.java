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
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.tokenizer.Encoding;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Finds the tokens that fit best where a text has the mask token ({@code [MASK]}, {@code <mask>}), with a masked language model such as BERT. Any
 * number of threads may use it at the same time.
 */
public final class FillMask implements Model {
  private final ModelFolder folder;
  private static final String LOGITS = "logits";
  private final EncoderGraph encoder;
  private final Tokenizer tokenizer;
  private final int maskId;

  /**
   * A token for a masked place.
   *
   * @param tokenId its id
   * @param token its text
   * @param probability softmax over the vocabulary
   * @param text the whole text with the token in that place, other masks as they are
   */
  public record Fill(int tokenId, String token, double probability, String text) {}

  private FillMask(ModelFolder folder, EncoderGraph encoder, Tokenizer tokenizer, int maskId) {
    this.folder = folder;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.maskId = maskId;
  }

  /** Loads a model folder with the default session settings. */
  public static FillMask open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Loads a model folder.
   *
   * @throws ModelException if the folder holds no masked language model
   */
  public static FillMask open(Path folder, SessionConfig session) {
    return open(ModelFolder.open(folder), session);
  }

  /**
   * Loads a model folder that was opened before.
   *
   * @throws ModelException if it holds no masked language model
   */
  public static FillMask open(ModelFolder folder, SessionConfig session) {
    String name = folder.family() == Family.GRAPH ? "graph" : "model";
    if (!folder.graph(name).hasOutput(LOGITS)) {
      throw new ModelException(
          folder.graph(name).path(),
          folder.graph(name).path()
              + " has no output 'logits', so it is no masked language model.");
    }
    Tokenizer tokenizer = folder.requireTokenizer().withPadding(null);
    String mask = tokenizer.config().specialToken("mask_token");
    int maskId = mask == null ? firstOf(tokenizer, "[MASK]", "<mask>") : tokenizer.tokenToId(mask);
    if (maskId < 0) {
      throw new ModelException(
          folder.root(), "The tokenizer of " + folder.root() + " has no mask token.");
    }
    JsonNode config = folder.jsonOrEmpty("config.json");
    Graph graph = folder.load(name, session);
    return new FillMask(
        folder,
        new EncoderGraph(
            graph, config.path("pad_token_id").asInt(Math.max(0, tokenizer.padTokenId()))),
        tokenizer,
        maskId);
  }

  private static int firstOf(Tokenizer tokenizer, String... tokens) {
    for (String token : tokens) {
      if (tokenizer.tokenToId(token) >= 0) {
        return tokenizer.tokenToId(token);
      }
    }
    return -1;
  }

  /**
   * The best tokens for each masked place, in the order of the text, best first.
   *
   * @param count how many for each place
   * @throws IllegalArgumentException if the text has no mask token
   */
  public List<List<Fill>> fill(String text, int count) {
    Encoding encoding = tokenizer.encode(text);
    int[] ids = encoding.ids();
    List<List<Fill>> places = new ArrayList<>();
    EncoderGraph.Batch batch = encoder.batch(Collections.singletonList(encoding));
    try (Outputs outputs =
        encoder.run(batch, LOGITS, Collections.emptyMap(), CancellationToken.none())) {
      float[] logits = outputs.get(LOGITS).toFloats();
      int v = logits.length / ids.length;
      for (int t = 0; t < ids.length; t++) {
        if (ids[t] == maskId) {
          places.add(best(logits, t, v, ids, Math.min(count, v)));
        }
      }
    }
    if (places.isEmpty()) {
      throw new IllegalArgumentException(
          "The text has no mask token '" + tokenizer.idToToken(maskId) + "': " + text);
    }
    return places;
  }

  private List<Fill> best(float[] logits, int place, int v, int[] ids, int count) {
    Rows.softmax(logits, place * v, v);
    int[] positions = new int[count];
    float[] values = new float[count];
    Rows.topK(logits, place * v, v, count, positions, values);
    List<Fill> fills = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] filled = ids.clone();
      filled[place] = positions[i];
      String token = tokenizer.decode(new int[] {positions[i]}, false);
      fills.add(new Fill(positions[i], token, values[i], tokenizer.decode(filled, true)));
    }
    return fills;
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
}
