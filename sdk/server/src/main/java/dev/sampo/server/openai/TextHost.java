package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.RequestException;
import dev.sampo.model.Family;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.GrammarException;
import dev.sampo.server.ServedModel;
import dev.sampo.server.ServerConfig;
import dev.sampo.sound.LogMelFeatures;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.WhisperLongForm;
import dev.sampo.text.batch.GenerationScheduler;
import dev.sampo.text.batch.SchedulerConfig;
import dev.sampo.text.batch.SchedulerGauges;
import dev.sampo.text.batch.Sharing;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ChatTemplate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A text model with its queue, its limits, and the grammars that were asked for lately. */
final class TextHost implements AutoCloseable {
  private static final int KEPT_GRAMMARS = 32;
  private static final int MAX_SCHEMA_CHARS = 200_000;
  private static final String[] POSITIONS = {
    "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length"
  };

  private final ServedModel served;
  private final TextGenerator generator;
  private final @Nullable Tokenizer tokenizer;
  private final @Nullable ChatTemplate template;
  private final int positions;
  private final GenerationScheduler scheduler;
  private final @Nullable LogMelFeatures sound;
  private final Map<String, Grammar> grammars =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Grammar> eldest) {
          return size() > KEPT_GRAMMARS;
        }
      };

  TextHost(ServedModel served, ServerConfig config, Metrics metrics) {
    this.served = served;
    this.generator = (TextGenerator) served.model();
    this.tokenizer = generator.tokenizer();
    ChatTemplate given = served.chatTemplate();
    Tokenizer words = tokenizer;
    if (given != null && words != null) {
      this.template = given.withSpecialTokens(words.config());
    } else {
      this.template = words == null ? null : words.chatTemplate();
    }
    this.positions = positions(served.folder().config());
    this.sound = isWhisper() ? LogMelFeatures.load(served.folder()) : null;
    this.scheduler = scheduler(config);
    gauge(metrics, "sampo.queue", "Texts that wait", SchedulerGauges::queued);
    gauge(metrics, "sampo.batch.rows", "Texts of the next step", SchedulerGauges::rows);
    gauge(metrics, "sampo.running", "Texts that are being written", SchedulerGauges::running);
    gauge(metrics, "sampo.cache.bytes", "Bytes of keys and values", SchedulerGauges::cacheBytes);
    gauge(metrics, "sampo.steps", "Steps so far", SchedulerGauges::steps);
    gauge(
        metrics,
        "sampo.prefix.tokens",
        "Tokens of prompts that were not read, since others began with them",
        SchedulerGauges::prefixTokens);
  }

  private void gauge(
      Metrics metrics, String name, String help, Function<SchedulerGauges, Number> value) {
    metrics.gauge(name, help, served.id(), () -> value.apply(scheduler.gauges()));
  }

  private GenerationScheduler scheduler(ServerConfig config) {
    GenerationScheduler made =
        GenerationScheduler.of(
            generator,
            SchedulerConfig.builder()
                .maxRows(config.maxBatch())
                .maxQueued(config.maxQueue())
                .maxCacheBytes(config.maxCacheBytes())
                .build());
    if (config.exact() && !made.sharing().exact()) {
      made.close();
      throw new RequestException(
          "exact",
          "The answers of "
              + served.id()
              + " change with the company that they are computed in: "
              + made.sharing().reason()
              + " Leave --exact out, or take a float32 form of the model.");
    }
    return made;
  }

  private boolean isWhisper() {
    try {
      return WhisperLongForm.of(generator).windowFrames() > 0;
    } catch (RequestException e) {
      return false;
    }
  }

  private static int positions(@Nullable JsonNode config) {
    if (config != null) {
      for (String key : POSITIONS) {
        for (JsonNode at : new JsonNode[] {config, config.path("text_config")}) {
          if (at.path(key).isInt() && at.path(key).asInt() > 0) {
            return at.path(key).asInt();
          }
        }
      }
    }
    return Integer.MAX_VALUE;
  }

  ServedModel served() {
    return served;
  }

  TextGenerator generator() {
    return generator;
  }

  GenerationScheduler scheduler() {
    return scheduler;
  }

  /** Tokens that a prompt and its answer may have together; {@link Integer#MAX_VALUE} where nothing is known. */
  int positions() {
    return positions;
  }

  /** How a sound becomes what the model reads; null unless it is a Whisper. */
  @Nullable LogMelFeatures sound() {
    return sound;
  }

  /**
   * The tokenizer.
   *
   * @throws ApiException if the model has none
   */
  Tokenizer tokenizer() {
    if (tokenizer == null) {
      throw ApiException.badRequest(
          "model",
          "model_not_supported",
          "The model '" + served.id() + "' has no tokenizer, so it takes no text.");
    }
    return tokenizer;
  }

  /**
   * The chat template.
   *
   * @throws ApiException if the model has none
   */
  ChatTemplate template() {
    if (template == null) {
      throw ApiException.badRequest(
          "model",
          "model_not_supported",
          "The model '"
              + served.id()
              + "' has no chat template, so it was not made for conversations: use /v1/completions,"
              + " or start the server with --chat-template FILE.");
    }
    return template;
  }

  /** What a JSON schema allows. */
  Grammar schema(String schema, String param) {
    if (schema.length() > MAX_SCHEMA_CHARS) {
      throw ApiException.badRequest(
          param, "The schema has more than " + MAX_SCHEMA_CHARS + " characters.");
    }
    return grammar(
        schema,
        () -> {
          try {
            return Grammar.jsonSchema(schema);
          } catch (GrammarException e) {
            throw ApiException.badRequest(
                param, "The schema cannot be guaranteed: " + e.getMessage(), e);
          }
        });
  }

  /** Any JSON object. */
  Grammar jsonObject() {
    return grammar("", () -> Grammar.jsonSchema("{\"type\":\"object\"}"));
  }

  private synchronized Grammar grammar(String key, Supplier<Grammar> maker) {
    Grammar kept = grammars.get(key);
    if (kept == null) {
      kept = maker.get();
      grammars.put(key, kept);
    }
    return kept;
  }

  List<String> notes() {
    List<String> notes = new ArrayList<>();
    Sharing sharing = scheduler.sharing();
    if (!sharing.together() || !sharing.exact()) {
      notes.add(served.id() + ": " + sharing.reason());
    }
    return notes;
  }

  void describe(ObjectNode more, ArrayNode does) {
    if (sound != null) {
      does.add("transcriptions");
      return;
    }
    if (tokenizer != null) {
      does.add("completions");
    }
    if (template != null) {
      does.add("chat");
    }
    more.put("chat", template != null);
    if (positions < Integer.MAX_VALUE) {
      more.put("context", positions);
    }
    more.put("encoder_decoder", generator.isEncoderDecoder());
    more.put("attention", served.family() == Family.ATTENTION_SEQ2SEQ);
  }

  @Override
  public void close() {
    scheduler.close();
  }
}
