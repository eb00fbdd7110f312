package dev.sampo.cli;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.text.Conversation;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ToolCall;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo chat}: a conversation in the terminal. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    modelTransformer = TextCommand.SettingOptions.class,
    description = {
      "Talks with a model that has a chat template, turn by turn. The answer streams; Ctrl-C ends it,"
          + " and Ctrl-D the chat.",
      "Lines that begin with / are commands: /reset, /system TEXT, /save FILE, /help, /exit. A \\ at"
          + " the end of a line goes on in the next. From a pipe, each line is a turn."
    })
final class ChatCommand implements Callable<Integer>, TakesSettings {
  private static final int ROOM = 512;

  private final Console console;
  private final Map<Setting<?>, String> settings = new LinkedHashMap<>();

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, or a folder.")
  private String model = "";

  @Option(names = "--system", paramLabel = "TEXT", description = "What the model is told first.")
  private @Nullable String system;

  @Option(
      names = "--chat",
      paramLabel = "FILE",
      description = "Go on from this conversation; its tools and documents hold for all turns.")
  private @Nullable Path chat;

  @Mixin private ChatOptions options = new ChatOptions();

  private int turns;
  private boolean failed;

  ChatCommand(Console console) {
    this.console = console;
  }

  @Override
  public Map<Setting<?>, String> settings() {
    return settings;
  }

  @Override
  public Integer call() throws IOException {
    if (common.json()) {
      throw new UsageException(
          "--json has no use in a chat; sampo text --chat FILE --json answers once.");
    }
    ChatFile file = chat == null ? null : ChatFile.read(chat);
    ChatTemplate template = options.template();
    GenerationConfig config =
        TextCommand.config(GenerationConfig.defaults(), settings, this::withRoom);
    try (TextGenerator generator =
            TextGenerator.open(ShippedModels.ofHome().resolve(model), common.sessionConfig());
        Conversation talk =
            Conversation.with(
                generator,
                request -> {
                  if (file != null) {
                    request.tools(file.tools()).documents(file.documents());
                  }
                  return request.config(config).chatTemplate(template);
                })) {
      requireTemplate(generator, template);
      if (file != null) {
        talk.restore(file.messages());
      }
      if (system != null) {
        talk.system(system);
      }
      converse(talk);
    }
    return failed ? ExitCode.FAILED : ExitCode.OK;
  }

  private void requireTemplate(TextGenerator generator, @Nullable ChatTemplate template) {
    Tokenizer tokenizer = generator.tokenizer();
    if (template == null && (tokenizer == null || tokenizer.chatTemplate() == null)) {
      throw new CommandFailure(
          model
              + " has no chat template, so it was not made for conversations. Use sampo text, or"
              + " give --chat-template FILE.");
    }
  }

  private void converse(Conversation talk) throws IOException {
    try (ChatInput input = ChatInput.open(console)) {
      for (String line = input.read(); line != null; line = input.read()) {
        if (line.isBlank()) {
          continue;
        }
        if (!line.startsWith("/")) {
          turn(talk, input, line);
        } else if (!command(talk, line.strip())) {
          break;
        }
      }
    }
  }

  /** An answer may be longer than the 20 tokens that transformers takes where nothing is said. */
  private void withRoom(GenerationConfig.Builder builder) {
    if (!settings.containsKey(Setting.MAX_NEW_TOKENS)
        && !settings.containsKey(Setting.MAX_LENGTH)) {
      builder.maxNewTokens(ROOM);
    }
  }

  /** Does what a line with a slash asks for; false ends the chat. */
  private boolean command(Conversation talk, String line) {
    int space = line.indexOf(' ');
    String word = space < 0 ? line : line.substring(0, space);
    String rest = space < 0 ? "" : line.substring(space + 1).strip();
    switch (word) {
      case "/exit", "/quit" -> {
        return false;
      }
      case "/reset" -> {
        talk.reset();
        console.note("(forgotten; what the model was told first stays)");
      }
      case "/system" -> {
        talk.system(rest.isEmpty() ? null : rest);
        console.note(rest.isEmpty() ? "(the model is told nothing)" : "(told)");
      }
      case "/save" -> save(talk, rest);
      case "/help" ->
          console.note(
              "/reset forgets the conversation, /system TEXT tells the model how to be, /save FILE"
                  + " keeps the conversation as JSON (go on with --chat FILE), /exit ends; Ctrl-C ends an"
                  + " answer");
      default -> {
        failed |= !console.isTerminal();
        console.note("sampo: there is no command " + word + "; /help lists them");
      }
    }
    return true;
  }

  private void save(Conversation talk, String name) {
    if (name.isEmpty()) {
      console.note("sampo: /save needs the name of a file");
      return;
    }
    try {
      ChatFile.write(Path.of(name), talk.messages());
      console.note("(saved " + talk.messages().size() + " messages to " + name + ")");
    } catch (IOException | IllegalArgumentException e) {
      failed |= !console.isTerminal();
      console.note("sampo: not saved: " + e.getMessage());
    }
  }

  private void turn(Conversation talk, ChatInput input, String line) throws IOException {
    CancellationToken token = input.cancellation();
    PrintStream out = options.raw() ? console.rawOut() : console.out();
    try {
      ChatMessage answer =
          talk.ask(
              request ->
                  request
                      .seed(common.seed() + turns)
                      .cancellation(token)
                      .progress(
                          step -> {
                            out.print(step.text());
                            out.flush();
                          }),
              ChatMessage.user(line));
      out.println();
      for (ToolCall call : answer.toolCalls()) {
        console.note("(calls " + call.name() + " with " + call.argumentsJson() + ")");
      }
      turns++;
      speed(talk.latest());
    } catch (CancelledException e) {
      out.println();
      if (console.cancellation().isCancelled()) {
        throw e;
      }
      console.note("(stopped)");
    } catch (RequestException e) {
      failed |= !console.isTerminal();
      console.note("sampo: " + e.getMessage());
    }
  }

  private void speed(@Nullable GenerationResult result) {
    if (result != null && console.isTerminal()) {
      console.note(
          String.format(
              Locale.ROOT,
              "(%d tokens, %s/s)",
              result.tokenCount(),
              Rates.of(result.tokensPerSecond())));
    }
  }

  /** What chats have in common with {@code sampo text --chat}. */
  static final class ChatOptions {
    @Option(
        names = "--chat-template",
        paramLabel = "FILE",
        description = "A Jinja chat template in the place of the model's own.")
    private @Nullable Path template;

    @Option(
        names = "--raw",
        description =
            "Print generated text to a terminal as it is. Without it control characters are shown as"
                + " \\x1b; a file or a pipe always gets the bytes.")
    private boolean raw;

    boolean raw() {
      return raw;
    }

    /** The template given, or null. */
    @Nullable ChatTemplate template() throws IOException {
      return template == null ? null : ChatTemplate.compile(Files.readString(template));
    }
  }
}
