package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.tokenizer.Encoding;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A masked language model on ONNX Runtime. */
final class OnnxFillMask implements FillMask {
  private final ModelFolder folder;
  private static final String LOGITS = "logits";
  private final EncoderGraph encoder;
  private final Tokenizer tokenizer;
  private final int maskId;

  private OnnxFillMask(ModelFolder folder, EncoderGraph encoder, Tokenizer tokenizer, int maskId) {
    this.folder = folder;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.maskId = maskId;
  }

  static FillMask open(ModelFolder folder, SessionConfig session) {
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
    return new OnnxFillMask(
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

  @Override
  public List<List<Fill>> fill(String text, int count) {
    if (count < 1) {
      throw new RequestException("count", "count is at least 1, got " + count + ".");
    }
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
      throw new RequestException(
          "text", "The text has no mask token '" + tokenizer.idToToken(maskId) + "': " + text);
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
