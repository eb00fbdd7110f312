package dev.sampo.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.tokenizer.chat.ChatTemplate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Models that ship, and a server over them on a free port. */
final class Served implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  /** A template in Hermes' manner, for a model that has none. */
  static final String TEMPLATE =
      "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
          + "{% if tools %}Answer with <tool_call>.\n{% endif %}assistant:";

  final SampoServer server;
  private final List<ServedModel> models;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Served(SampoServer server, List<ServedModel> models) {
    this.server = server;
    this.models = models;
  }

  static Path home() {
    return Path.of(System.getProperty("sampo.home", "../.."));
  }

  static ServedModel model(String id, Path folder) {
    SessionConfig one = SessionConfig.builder().intraOpThreads(1).build();
    ServedModel model = ServedModel.open(id, ModelFolder.open(folder), one);
    return id.equals("scripture-gpt")
        ? model.withChatTemplate(ChatTemplate.compile(TEMPLATE))
        : model;
  }

  static ServedModel shipped(String name) {
    return model(name, home().resolve("exporter-specs/models").resolve(name));
  }

  static Path golden(String name) {
    return home().resolve("sdk/core/src/test/resources/golden/text").resolve(name);
  }

  static Served of(UnaryOperator<ServerConfig.Builder> settings, ServedModel... models) {
    try {
      List<ServedModel> all = new ArrayList<>(List.of(models));
      return new Served(
          SampoServer.start(settings.apply(ServerConfig.builder().port(0)).build(), all), all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI at(String path) {
    return URI.create(server.url() + path);
  }

  HttpRequest.Builder request(String path, @Nullable String body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(at(path));
    return body == null
        ? request.GET()
        : request
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  HttpResponse<String> get(String path) {
    return send(request(path, null).build());
  }

  HttpResponse<String> post(String path, String body) {
    return send(request(path, body).build());
  }

  static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The answer, which has to be one of status 200. */
  JsonNode ok(String path, String body) {
    HttpResponse<String> response = post(path, body);
    if (response.statusCode() != 200) {
      throw new AssertionError(response.statusCode() + " " + response.body());
    }
    return json(response);
  }

  /** The events of a stream, without the last one. */
  List<JsonNode> events(String path, String body) {
    HttpResponse<String> response = post(path, body);
    if (response.statusCode() != 200) {
      throw new AssertionError(response.statusCode() + " " + response.body());
    }
    List<JsonNode> events = new ArrayList<>();
    boolean done = false;
    for (String line : response.body().split("\n", -1)) {
      if (line.equals("data: [DONE]")) {
        done = true;
      } else if (line.startsWith("data: ")) {
        try {
          events.add(JSON.readTree(line.substring(6)));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    if (!done) {
      throw new AssertionError("The stream did not end: " + response.body());
    }
    return events;
  }

  @Override
  public void close() {
    server.close();
    models.forEach(model -> model.model().close());
  }
}
