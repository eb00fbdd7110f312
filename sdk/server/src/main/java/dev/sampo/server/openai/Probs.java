package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.server.openai.ProbWatch.TokenProb;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Log-probabilities in the two forms that OpenAI has for them. */
final class Probs {
  private final Tokenizer tokenizer;

  Probs(Tokenizer tokenizer) {
    this.tokenizer = tokenizer.target();
  }

  /** The text that a token adds; a special one, and one without text, as the vocabulary spells it. */
  private String text(int id) {
    byte[] bytes = tokenizer.tokenBytes(id);
    if (bytes.length > 0 && !tokenizer.isSpecial(id)) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
    String token = tokenizer.idToToken(id);
    return token == null ? "" : token;
  }

  private ObjectNode token(int id, double logProb) {
    ObjectNode json = Json.object();
    json.put("token", text(id));
    json.put("logprob", logProb);
    ArrayNode bytes = json.putArray("bytes");
    for (byte b : tokenizer.tokenBytes(id)) {
      bytes.add(b & 0xff);
    }
    return json;
  }

  /** Of a conversation. */
  ObjectNode chat(List<TokenProb> probs) {
    ObjectNode json = Json.object();
    ArrayNode content = json.putArray("content");
    for (TokenProb prob : probs) {
      ObjectNode token = token(prob.id(), prob.logProb());
      ArrayNode top = token.putArray("top_logprobs");
      for (int i = 0; i < prob.topIds().length; i++) {
        top.add(token(prob.topIds()[i], prob.topLogProbs()[i]));
      }
      content.add(token);
    }
    json.putNull("refusal");
    return json;
  }

  /**
   * Of a plain completion.
   *
   * @param from where the text of the first token begins
   */
  ObjectNode plain(List<TokenProb> probs, int from) {
    ObjectNode json = Json.object();
    ArrayNode tokens = json.putArray("tokens");
    ArrayNode logProbs = json.putArray("token_logprobs");
    ArrayNode tops = json.putArray("top_logprobs");
    ArrayNode offsets = json.putArray("text_offset");
    int offset = from;
    for (TokenProb prob : probs) {
      String text = text(prob.id());
      tokens.add(text);
      logProbs.add(prob.logProb());
      offsets.add(offset);
      offset += text.length();
      ObjectNode top = tops.addObject();
      for (int i = 0; i < prob.topIds().length; i++) {
        top.put(text(prob.topIds()[i]), prob.topLogProbs()[i]);
      }
    }
    return json;
  }
}
