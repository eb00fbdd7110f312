package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What conversations and plain completions have in common: settings, the wait, the stream, the counts. */
abstract class TextEndpoint implements Endpoint {
  /** How often a waiting stream says that it is there. */
  private static final int COMMENT_EVERY = 5;

  private final Models models;
  private final Running running;
  private final ServerConfig config;
  private final Metrics metrics;

  TextEndpoint(Models models, Running running, ServerConfig config, Metrics metrics) {
    this.models = models;
    this.running = running;
    this.config = config;
    this.metrics = metrics;
  }

  /** What was asked, ready to be written as answers. */
  abstract static class Answer {
    private final String id;
    private final long created = System.currentTimeMillis() / 1000;
    private final String model;
    private final TextSettings settings;

    Answer(String prefix, String model, TextSettings settings) {
      this.id = prefix + UUID.randomUUID().toString().replace("-", "");
      this.model = model;
      this.settings = settings;
    }

    TextSettings settings() {
      return settings;
    }

    ObjectNode envelope(String object) {
      ObjectNode json = Json.object();
      json.put("id", id);
      json.put("object", object);
      json.put("created", created);
      json.put("model", model);
      json.put("system_fingerprint", "sampo");
      return json;
    }

    /** The whole answer, without choices. */
    abstract ObjectNode whole();

    /** A choice of the whole answer. */
    abstract JsonNode choice(Choice choice, String text, List<ProbWatch.TokenProb> probs);

    /** What a stream begins with for a choice; null for nothing. */
    abstract @Nullable ObjectNode begin(Choice choice);

    /** A piece of a stream. */
    abstract ObjectNode piece(Choice choice, Choice.Piece piece);

    /** The end of a choice in a stream. */
    abstract List<ObjectNode> end(Choice choice);

    /** The end of a stream, with its counts. */
    abstract ObjectNode counts();
  }

  /** Reads the request and adds what is to be written to the job. */
  abstract Answer read(Fields fields, TextHost host, TextJob job);

  ServerConfig config() {
    return config;
  }

  @Override
  public void answer(HttpCall call, Deadline deadline) throws IOException {
    Fields fields = new Fields(Json.read(call.body(config.maxBodyBytes())));
    Models.Host found = models.find(fields, "write text", TextGenerator.class);
    TextHost host = Objects.requireNonNull(found.text());
    CancellationToken token = running.token();
    try {
      TextJob job = new TextJob(host, metrics, token);
      Answer answer = read(fields, host, job);
      job.submit();
      if (answer.settings.stream()) {
        stream(call, deadline, job, answer);
      } else {
        whole(call, deadline, job, answer);
      }
    } finally {
      running.forget(token);
    }
  }

  // ---- at once

  private static void whole(HttpCall call, Deadline deadline, TextJob job, Answer answer)
      throws IOException {
    int count = job.choices().size();
    StringBuilder[] texts = new StringBuilder[count];
    ArrayList<List<ProbWatch.TokenProb>> probs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts[i] = new StringBuilder();
      probs.add(new ArrayList<>());
    }
    job.await(
        call,
        deadline,
        new TextJob.Listener() {
          @Override
          public void piece(Choice choice, Choice.Piece piece) {
            texts[choice.index()].append(piece.text());
            probs.get(choice.index()).addAll(piece.probs());
          }

          @Override
          public void ended(Choice choice) {}

          @Override
          public void waiting() {}
        });
    ObjectNode json = answer.whole();
    ArrayNode choices = json.putArray("choices");
    for (Choice choice : job.choices()) {
      int i = choice.index();
      choices.add(answer.choice(choice, texts[i].toString(), probs.get(i)));
    }
    json.set("usage", usage(job));
    json.putObject("sampo").put("seed", answer.settings.seed());
    call.answer(200, "application/json", Json.bytes(json));
  }

  private static ObjectNode usage(TextJob job) {
    int prompt = 0;
    int completion = 0;
    for (Choice choice : job.choices()) {
      // Choices of one prompt are counted with it once.
      prompt += choice.countsPrompt() ? choice.promptTokens() : 0;
      completion += choice.completionTokens();
    }
    return Json.object()
        .put("prompt_tokens", prompt)
        .put("completion_tokens", completion)
        .put("total_tokens", prompt + completion);
  }

  // ---- piece by piece

  private static void stream(HttpCall call, Deadline deadline, TextJob job, Answer answer)
      throws IOException {
    try (Sse sse = new Sse(call)) {
      try {
        job.await(call, deadline, new Streaming(sse, answer));
        if (answer.settings.usage()) {
          ObjectNode last = answer.counts();
          last.putArray("choices");
          last.set("usage", usage(job));
          last.putObject("sampo").put("seed", answer.settings.seed());
          sse.event(last);
        }
        sse.done();
      } catch (ApiException e) {
        if (!call.begun()) {
          throw e;
        }
        sse.error(e);
      }
    }
  }

  /** Writes events. */
  private static final class Streaming implements TextJob.Listener {
    private final Sse sse;
    private final Answer answer;
    private final Set<Integer> begun = new HashSet<>();
    private int waited;

    Streaming(Sse sse, Answer answer) {
      this.sse = sse;
      this.answer = answer;
    }

    private void begin(Choice choice) throws IOException {
      if (begun.add(choice.index())) {
        ObjectNode opening = answer.begin(choice);
        if (opening != null) {
          sse.event(opening);
        }
      }
    }

    @Override
    public void piece(Choice choice, Choice.Piece piece) throws IOException {
      begin(choice);
      sse.event(answer.piece(choice, piece));
    }

    @Override
    public void ended(Choice choice) throws IOException {
      begin(choice);
      for (ObjectNode event : answer.end(choice)) {
        sse.event(event);
      }
    }

    @Override
    public void waiting() throws IOException {
      if (++waited % COMMENT_EVERY == 0) {
        sse.comment("waiting");
      }
    }
  }
}
