package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.sound.LogMelFeatures;
import dev.sampo.sound.Wav;
import dev.sampo.text.GeneratedSequence;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.GenerationResult.PromptResult;
import dev.sampo.text.PromptCache;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.Transcript;
import dev.sampo.text.WhisperLongForm;
import dev.sampo.text.batch.GenerationScheduler;
import dev.sampo.text.batch.SchedulerConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo text}: generates text. */
@Command(
    name = "text",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    modelTransformer = TextCommand.SettingOptions.class,
    description = {
      "Generates text with a Transformer, a recurrent net or an encoder-decoder.",
      "Settings come from the model's generation_config.json, then --generation-config, then the"
          + " options here."
    })
final class TextCommand implements Callable<Integer>, TakesSettings {
  /** More sequences than that are one padded batch. */
  private static final int MOST_ROWS = 64;

  private final Console console;
  private final Map<Setting<?>, String> settings = new LinkedHashMap<>();

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, or a folder.")
  private String model = "";

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description =
          "What to go on from, or what to translate; repeatable. '-' reads stdin, all of it as one"
              + " prompt, or with --lines each line as one. Without any: what is piped in, else from"
              + " nothing.")
  private List<String> prompts = new ArrayList<>();

  @Option(
      names = "--lines",
      description = "Each line of stdin is a prompt of its own, as tokenize has it.")
  private boolean lines;

  @Option(
      names = "--ids",
      paramLabel = "N,N",
      description = "A prompt as token ids, special tokens included; repeatable.")
  private List<String> idPrompts = new ArrayList<>();

  @Option(
      names = "--generation-config",
      paramLabel = "FILE",
      description = "Settings in the form of generation_config.json.")
  private @Nullable Path generationConfig;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "A text that ends a sequence; repeatable.")
  private List<String> stops = new ArrayList<>();

  @Option(names = "--stream", description = "Print the text as it comes.")
  private boolean stream;

  @Mixin private GrammarOptions grammar = new GrammarOptions();

  @Option(
      names = "--negative-prompt",
      paramLabel = "TEXT",
      description =
          "What --guidance-scale leads away from. Default: the prompt's last token alone.")
  private @Nullable String negativePrompt;

  @Option(
      names = "--assistant",
      paramLabel = "MODEL",
      description =
          "A smaller model with the same tokens that proposes them; the text is the same as without"
              + " it.")
  private @Nullable String assistant;

  @Option(
      names = "--prompt-cache",
      paramLabel = "FILE",
      description =
          "Go on from what was read before and saved there, and save what is read now: a"
              + " conversation does not read its beginning again.")
  private @Nullable Path promptCache;

  @Option(
      names = "--audio",
      paramLabel = "FILE.wav",
      description = "Speech of any length, for a Whisper model, in place of a prompt.")
  private @Nullable Path audio;

  @Mixin private AudioOptions audioOptions = new AudioOptions();

  @Option(
      names = "--score",
      paramLabel = "TEXT",
      description =
          "Generate nothing: print how probable the model finds this text (an encoder-decoder: as"
              + " output for --prompt); repeatable.")
  private List<String> scored = new ArrayList<>();

  @Option(
      names = "--chat",
      paramLabel = "FILE.json",
      description =
          "Answer a conversation, in place of a prompt: a list of messages, or an object with"
              + " messages, tools and documents.")
  private @Nullable Path chat;

  @Option(
      names = "--require-tool-call",
      description = "With --chat: answer with the call of one of its tools, as its schema allows.")
  private boolean toolCallRequired;

  @Mixin private ChatCommand.ChatOptions chatOptions = new ChatCommand.ChatOptions();

  private int promptCount;

  TextCommand(Console console) {
    this.console = console;
  }

  @Override
  public Map<Setting<?>, String> settings() {
    return settings;
  }

  /** Where generated text goes. */
  private PrintStream textOut() {
    return chatOptions.raw() ? console.rawOut() : console.out();
  }

  @Override
  public Integer call() throws IOException {
    if (stream && common.json()) {
      throw new UsageException("--stream and --json exclude each other: JSON is printed whole.");
    }
    GenerationConfig config = config();
    if (stream) {
      requireStreamable(config);
    }
    GenerationRequest.Builder request =
        GenerationRequest.builder()
            .config(config)
            .seed(common.seed())
            .cancellation(console.cancellation());
    Grammar wanted = grammar.grammar(console::note);
    if (wanted != null) {
      request.grammar(wanted);
    }
    if (negativePrompt != null) {
      request.negativePrompt(negativePrompt);
    }
    if (stream) {
      request.progress(
          step -> {
            textOut().print(step.text());
            textOut().flush();
          });
    }
    ShippedModels models = ShippedModels.ofHome();
    ModelFolder folder = common.open(models.resolve(model));
    try (TextGenerator generator =
        Commands.open(folder, common.sessionConfig(), TextGenerator.class, "text")) {
      if (!scored.isEmpty()) {
        new TextScoring(console, common.json(), model).print(generator, prompts, scored);
        return ExitCode.OK;
      }
      try (Tensor features = addPrompts(request, folder);
          TextGenerator draft =
              assistant == null
                  ? null
                  : TextGenerator.open(models.resolve(assistant), common.sessionConfig())) {
        if (draft != null) {
          request.assistant(draft);
        }
        if (features != null && audioOptions.longForm(generator, features)) {
          return transcribe(generator, request.build());
        }
        print(generate(generator, request));
        return ExitCode.OK;
      } catch (CancelledException e) {
        GenerationResult partial = e.partial(GenerationResult.class);
        if (partial == null) {
          throw e;
        }
        print(partial);
        return ExitCode.CANCELLED;
      }
    }
  }

  private int transcribe(TextGenerator generator, GenerationRequest request) {
    if (promptCache != null || stream && audioOptions.retries()) {
      throw new UsageException(
          promptCache != null
              ? "--prompt-cache is for text, not for --audio."
              : "--stream shows what is settled: give one of --temperatures, not several.");
    }
    Transcript transcript;
    int code = ExitCode.OK;
    try {
      transcript = WhisperLongForm.of(generator).transcribe(request, audioOptions.options());
    } catch (CancelledException e) {
      transcript = e.partial(Transcript.class);
      code = ExitCode.CANCELLED;
      if (transcript == null) {
        throw e;
      }
    }
    if (common.json()) {
      console.json(AudioOptions.json(model, transcript));
    } else if (stream) {
      textOut().println();
    } else {
      boolean times = request.config().get(Setting.RETURN_TIMESTAMPS);
      AudioOptions.print(transcript, times, textOut());
    }
    return code;
  }

  /** Several prompts without padding them to one length: a row that has ended costs nothing more. */
  private static GenerationResult together(TextGenerator generator, GenerationRequest request) {
    SchedulerConfig config =
        SchedulerConfig.builder()
            .maxRows(MOST_ROWS)
            .maxCacheBytes(Long.MAX_VALUE)
            .prefillTokens(512)
            .exact(true)
            .build();
    try (GenerationScheduler scheduler = GenerationScheduler.of(generator, config)) {
      return scheduler.generate(request);
    }
  }

  private GenerationResult generate(TextGenerator generator, GenerationRequest.Builder request)
      throws IOException {
    Path file = promptCache;
    if (file == null && promptCount > 1) {
      return together(generator, request.build());
    }
    if (file == null) {
      return generator.generate(request.build());
    }
    try (PromptCache cache = generator.newPromptCache()) {
      if (Files.exists(file)) {
        cache.load(file);
      }
      GenerationResult result = generator.generate(request.promptCache(cache).build());
      try {
        cache.save(file);
      } catch (IOException | SampoException e) {
        // The text is not lost because of it.
        console.note("sampo: the prompt cache was not saved: " + e.getMessage());
      }
      return result;
    }
  }

  private void requireStreamable(GenerationConfig config) {
    int sequences =
        Math.max(1, prompts.size() + idPrompts.size()) * config.get(Setting.NUM_RETURN_SEQUENCES);
    if (sequences > 1 || config.get(Setting.NUM_BEAMS) > 1) {
      throw new UsageException(
          "--stream shows one sequence as it comes: give one prompt, --num-return-sequences 1 and"
              + " no beams.");
    }
  }

  private GenerationConfig config() throws IOException {
    GenerationConfig base = GenerationConfig.defaults();
    if (generationConfig != null) {
      String text = Files.readString(generationConfig, StandardCharsets.UTF_8);
      base =
          GenerationConfig.parse(
              text, warning -> console.note("sampo: " + generationConfig + ": " + warning));
    }
    return config(
        base,
        settings,
        builder -> {
          if (!stops.isEmpty()) {
            builder.stopStrings(stops.toArray(new String[0]));
          }
        });
  }

  /** Settings with those of options over them. */
  static GenerationConfig config(
      GenerationConfig base,
      Map<Setting<?>, String> settings,
      Consumer<GenerationConfig.Builder> more) {
    GenerationConfig.Builder builder = GenerationConfig.builder().setAll(base);
    settings.forEach(
        (setting, text) -> {
          try {
            builder.setText(setting, text);
          } catch (RequestException e) {
            throw new UsageException(optionName(setting) + ": " + e.getMessage(), e);
          }
        });
    try {
      more.accept(builder);
      return builder.build();
    } catch (RequestException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Adds what there is to go on from; audio comes as a tensor, which the caller closes. */
  private @Nullable Tensor addPrompts(GenerationRequest.Builder request, ModelFolder folder)
      throws IOException {
    if (chat != null) {
      if (!prompts.isEmpty() || !idPrompts.isEmpty() || audio != null) {
        throw new UsageException("--chat takes the place of --prompt, --ids and --audio.");
      }
      ChatFile.read(chat).addTo(request);
      request.chatTemplate(chatOptions.template()).toolCallRequired(toolCallRequired);
      return null;
    }
    if (toolCallRequired) {
      throw new UsageException("--require-tool-call needs --chat with tools.");
    }
    if (audio == null && audioOptions.given()) {
      throw new UsageException(
          "--temperatures, the thresholds, --condition-on-prev-tokens and --initial-prompt need"
              + " --audio.");
    }
    if (audio != null) {
      if (!prompts.isEmpty() || !idPrompts.isEmpty()) {
        throw new UsageException("--audio takes the place of --prompt and --ids.");
      }
      Tensor features =
          LogMelFeatures.load(folder).whole(Wav.read(java.util.Objects.requireNonNull(audio)));
      request.inputFeatures(features);
      return features;
    }
    List<String> texts = new PromptTexts(console, prompts, lines).read(!idPrompts.isEmpty());
    texts.forEach(request::prompt);
    for (String ids : idPrompts) {
      request.promptIds(parseIds(ids));
    }
    promptCount = texts.size() + idPrompts.size();
    if (promptCount == 0) {
      PromptTexts.requireNone(folder);
      request.prompt("");
    }
    return null;
  }

  private static int[] parseIds(String text) {
    try {
      return Arrays.stream(text.split(",")).map(String::trim).mapToInt(Integer::parseInt).toArray();
    } catch (NumberFormatException e) {
      throw new UsageException(
          "--ids is '" + text + "', wanted whole numbers with commas between them, such as 1,2,3",
          e);
    }
  }

  private void print(GenerationResult result) {
    if (common.json()) {
      console.json(toJson(result));
      return;
    }
    if (stream) {
      textOut().println();
    } else if (!result.message().toolCalls().isEmpty()) {
      textOut().println(ChatFile.json(List.of(result.message())).get(0));
    } else {
      boolean several =
          result.prompts().size() > 1 || result.prompts().get(0).sequences().size() > 1;
      int number = 0;
      for (PromptResult prompt : result.prompts()) {
        for (GeneratedSequence sequence : prompt.sequences()) {
          if (several) {
            textOut().printf("--- %d%n", ++number);
          }
          textOut().println(sequence.text().isEmpty() ? idsOf(sequence) : sequence.text());
        }
      }
    }
    String seed = result.seed() == null ? "" : "seed " + result.seed() + ", ";
    console.note(
        String.format(
            Locale.ROOT,
            "%s%d tokens, %s tokens/s, loaded in %.0f ms",
            seed,
            result.tokenCount(),
            Rates.of(result.tokensPerSecond()),
            result.timings().loadMillis()));
  }

  /** For a model without a tokenizer. */
  private static String idsOf(GeneratedSequence sequence) {
    return Arrays.stream(sequence.ids()).mapToObj(String::valueOf).collect(Collectors.joining(","));
  }

  private ObjectNode toJson(GenerationResult result) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", model).put("seed", common.seed());
    ArrayNode prompts = document.putArray("prompts");
    for (PromptResult prompt : result.prompts()) {
      ObjectNode node = prompts.addObject();
      ArrayNode ids = node.putArray("ids");
      prompt.ids().forEach(ids::add);
      ArrayNode sequences = node.putArray("sequences");
      for (GeneratedSequence sequence : prompt.sequences()) {
        ObjectNode s = sequences.addObject();
        ArrayNode generated = s.putArray("ids");
        for (int id : sequence.ids()) {
          generated.add(id);
        }
        s.put("text", sequence.text())
            .put("score", sequence.score())
            .put("finish_reason", sequence.finishReason().name().toLowerCase(Locale.ROOT));
      }
    }
    Timings timings = result.timings();
    if (chat != null) {
      document.set("message", ChatFile.json(List.of(result.message())).get(0));
    }
    document
        .putObject("timing")
        .put("load_ms", timings.loadMillis())
        .put("prefill_ms", timings.prefillMillis())
        .put("decode_ms", timings.loopMillis())
        .put("tokens_per_second", result.tokensPerSecond());
    return document;
  }

  private static String optionName(Setting<?> setting) {
    return "--" + setting.key().replace('_', '-');
  }

  /** Adds an option for each key of {@code generation_config.json}. */
  static final class SettingOptions implements IModelTransformer {
    @Override
    public CommandSpec transform(CommandSpec spec) {
      TakesSettings command = (TakesSettings) spec.userObject();
      for (Setting<?> setting : Setting.all()) {
        if (setting.isTable()) {
          continue; // belongs to the model's file
        }
        OptionSpec.Builder option =
            OptionSpec.builder(optionName(setting))
                .paramLabel("VALUE")
                .type(String.class)
                .description(setting.description() + defaultOf(setting))
                .setter(
                    new picocli.CommandLine.Model.ISetter() {
                      @Override
                      @SuppressWarnings("unchecked")
                      public <T> T set(T value) {
                        if (value != null) {
                          command.settings().put(setting, (String) value);
                        }
                        return value;
                      }
                    });
        if (setting.defaultValue() instanceof Boolean) {
          option.arity("0..1").fallbackValue("true").paramLabel("true|false");
        }
        spec.addOption(option.build());
      }
      return spec;
    }

    private static String defaultOf(Setting<?> setting) {
      Object value = setting.defaultValue();
      return value == null
          ? ""
          : ". Default: " + value.toString().toLowerCase(Locale.ROOT).replaceAll("^no$", "false");
    }
  }
}
