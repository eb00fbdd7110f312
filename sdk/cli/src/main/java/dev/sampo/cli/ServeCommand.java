package dev.sampo.cli;

import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.server.SampoServer;
import dev.sampo.server.ServedModel;
import dev.sampo.server.ServerConfig;
import dev.sampo.tokenizer.chat.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import sun.misc.Signal;

/** {@code sampo serve}: models over HTTP. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Serves models over HTTP with OpenAI's interface, and a page to try them in a browser.",
      "Texts of one model are written together, each as it would be alone. Ctrl-C or SIGTERM stops:"
          + " requests under way may finish."
    })
final class ServeCommand implements Callable<Integer> {
  private static final int LOOK_MILLIS = 100;

  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description =
          "Models: names of those that ship, folders, or org/name on the Hub. NAME=MODEL lets clients"
              + " call it NAME.")
  private List<String> models = new ArrayList<>();

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "Port to listen on; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "Address to listen on. Default: ${DEFAULT-VALUE}, this machine alone; any other wants"
              + " --api-key-file.")
  private String host = "";

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description =
          "Keys that clients have to send, one a line; empty lines and lines with # at the beginning"
              + " do not count.")
  private @Nullable Path keyFile;

  @Option(
      names = "--allow-origin",
      paramLabel = "URL",
      description =
          "A web site whose pages may use the server, such as https://example.org; repeatable.")
  private List<String> origins = new ArrayList<>();

  @Option(
      names = "--chat-template",
      paramLabel = "FILE",
      description = "A Jinja chat template for text models that have none of their own.")
  private @Nullable Path template;

  @Option(
      names = "--max-batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "Most texts that a model writes at the same time. Default: ${DEFAULT-VALUE}.")
  private int maxBatch;

  @Option(
      names = "--max-queue",
      paramLabel = "N",
      defaultValue = "128",
      description =
          "Most requests of a model that wait; the next gets 429. Default: ${DEFAULT-VALUE}.")
  private int maxQueue;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "4096",
      description = "Most tokens of an answer. Default: ${DEFAULT-VALUE}.")
  private int maxTokens;

  @Option(
      names = "--max-cache-mb",
      paramLabel = "N",
      defaultValue = "1024",
      description = "Most memory of a text model for texts under way. Default: ${DEFAULT-VALUE}.")
  private int maxCacheMb;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "256",
      description = "Most connections at the same time. Default: ${DEFAULT-VALUE}.")
  private int maxConnections;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "How long a request may take, waiting included. Default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How long requests under way may go on when the server stops. Default: ${DEFAULT-VALUE}.")
  private int graceSeconds;

  @Option(
      names = "--exact",
      description =
          "Refuse models whose answers would change with the company they are computed in (4-bit"
              + " weights, dynamic int8).")
  private boolean exact;

  ServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    ServerConfig config = config();
    List<ServedModel> served = new ArrayList<>();
    try {
      open(served);
      serve(config, served);
    } finally {
      served.forEach(model -> model.model().close());
    }
    return ExitCode.OK;
  }

  /**
   * SIGTERM and Ctrl-C ask to stop; a second one does not wait. Not by a shutdown hook as in other commands: all hooks run at the same time, ONNX
   * Runtime's own among them, which takes its environment away from requests under way.
   */
  private void onSignals() {
    for (String name : List.of("TERM", "INT")) {
      try {
        Signal.handle(
            new Signal(name),
            signal -> {
              if (console.cancellation().isCancelled()) {
                Runtime.getRuntime().halt(ExitCode.CANCELLED);
              }
              console.cancellation().cancel();
            });
      } catch (IllegalArgumentException e) {
        console.note("sampo: this Java does not hand over SIG" + name + ": " + e.getMessage());
      }
    }
  }

  private void serve(ServerConfig config, List<ServedModel> served)
      throws IOException, InterruptedException {
    try (SampoServer server = SampoServer.start(config, served)) {
      onSignals();
      server.notes().forEach(note -> console.note("sampo: " + note));
      console.out().println(server.url());
      console.flush();
      for (ServedModel model : served) {
        console.note("serves " + model.id() + " (" + model.family().label() + ")");
      }
      console.note("A page is at " + server.url() + "/, OpenAI's interface below /v1.");
      while (!console.cancellation().isCancelled()) {
        Thread.sleep(LOOK_MILLIS);
      }
      console.note("sampo: stopping; requests under way have " + graceSeconds + " s");
      if (!server.stop()) {
        console.note("sampo: some requests did not end in time and were given up");
      }
    }
  }

  private ServerConfig config() throws IOException {
    if (timeoutSeconds < 1 || graceSeconds < 0 || maxCacheMb < 1) {
      throw new UsageException(
          "--timeout and --max-cache-mb are at least 1, and --grace at least 0.");
    }
    try {
      return ServerConfig.builder()
          .host(host)
          .port(port)
          .apiKeys(keys())
          .allowedOrigins(origins)
          .maxBatch(maxBatch)
          .maxQueue(maxQueue)
          .maxCompletionTokens(maxTokens)
          .maxCacheBytes((long) maxCacheMb << 20)
          .maxConnections(maxConnections)
          .requestMillis(timeoutSeconds * 1000L)
          .graceMillis(graceSeconds * 1000L)
          .exact(exact)
          .build();
    } catch (RequestException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    }
  }

  private List<String> keys() throws IOException {
    List<String> keys = new ArrayList<>();
    if (keyFile != null) {
      for (String line : Files.readAllLines(keyFile)) {
        if (!line.isBlank() && !line.startsWith("#")) {
          keys.add(line.strip());
        }
      }
      if (keys.isEmpty()) {
        throw new UsageException("--api-key-file: there is no key in " + keyFile);
      }
    }
    return keys;
  }

  private void open(List<ServedModel> served) throws IOException {
    ChatTemplate given = template == null ? null : ChatTemplate.compile(Files.readString(template));
    SessionConfig sessions = common.sessionConfig();
    for (String word : models) {
      int equals = word.indexOf('=');
      String model = word.substring(equals + 1);
      Path path = ShippedModels.ofHome().resolve(model);
      ModelFolder folder = common.open(path);
      String id = equals > 0 ? word.substring(0, equals) : id(model);
      ServedModel opened = ServedModel.open(id, folder, sessions);
      served.add(
          folder.tokenizer() == null || folder.tokenizer().chatTemplate() == null
              ? opened.withChatTemplate(given)
              : opened);
    }
  }

  /** A name on the Hub as it is; of a path its last word. */
  private static String id(String model) {
    if (HubModels.isName(model) && !Files.exists(Path.of(model))) {
      return model;
    }
    Path last = Path.of(model).toAbsolutePath().normalize().getFileName();
    return last == null ? model : last.toString();
  }
}
