package dev.sampo.fuzz;

import dev.sampo.embedding.PicturePreparation;
import dev.sampo.error.SampoException;
import dev.sampo.export.config.Config;
import dev.sampo.export.weights.Matrix;
import dev.sampo.export.weights.SafetensorsFile;
import dev.sampo.export.weights.Weights;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import dev.sampo.model.ModelFolder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.runtime.OnnxFile;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.SchemaMode;
import dev.sampo.sound.Wav;
import dev.sampo.specs.SampoCard;
import dev.sampo.specs.SampoJson;
import dev.sampo.text.PromptCache;
import dev.sampo.text.TextGenerator;
import dev.sampo.tokenizer.Encoding;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.training.data.Tables;
import dev.sampo.training.data.Texts;
import dev.sampo.training.files.CheckpointFile;
import dev.sampo.training.run.CheckpointStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Everything that reads what others wrote, by the name that {@code scripts/fuzz} calls it. */
final class FuzzReaders {
  /** One reader. May throw what readers throw. */
  interface Reader {
    void read(byte[] input) throws Exception;
  }

  private static final Map<String, Reader> ALL = new LinkedHashMap<>();

  static {
    ALL.put("tokenizer", FuzzReaders::tokenizer);
    ALL.put("sentencepiece", FuzzReaders::sentencePiece);
    ALL.put("chat", FuzzReaders::chat);
    ALL.put("schema", input -> match(Grammar.jsonSchema(text(input), SchemaMode.STRICT)));
    ALL.put("lenient-schema", input -> match(Grammar.jsonSchema(text(input), SchemaMode.LENIENT)));
    ALL.put("gbnf", input -> match(Grammar.gbnf(text(input))));
    ALL.put("regex", input -> match(Grammar.regex(text(input))));
    ALL.put("npy", input -> NpyArray.read(file("a.npy", input)));
    ALL.put("wav", input -> Wav.read(file("a.wav", input)));
    ALL.put("picture", input -> Pictures.read(file("a.png", input)));
    ALL.put("png-text", input -> Pictures.readPngText(file("b.png", input)));
    ALL.put("safetensors", input -> SafetensorsFile.read(file("model.safetensors", input)));
    ALL.put("onnx", input -> OnnxFile.read(file("model.onnx", input)));
    ALL.put("training-onnx", input -> Models.read(file("train.onnx", input)));
    ALL.put("sampo.json", input -> SampoJson.parse(text(input), "sampo.json"));
    ALL.put("sampo-card", input -> SampoCard.parse(text(input), "sampo-card.json"));
    ALL.put("config.json", FuzzReaders::config);
    ALL.put("export-config", input -> Config.read(file("config.json", input)));
    ALL.put(
        "generation_config",
        input -> documented(() -> GenerationConfig.parse(text(input), warning -> {})));
    ALL.put("scheduler_config", input -> documented(() -> SchedulerConfig.parse(text(input))));
    ALL.put("prompt-cache", FuzzReaders::promptCache);
    ALL.put("checkpoint", input -> CheckpointFile.read(file("a.ckpt", input)));
    ALL.put("run.json", FuzzReaders::run);
    ALL.put("scheduler", FuzzReaders::scheduler);
    ALL.put("preprocessor", input -> PicturePreparation.read(processor(input), 64));
    ALL.put("tokenizer-folder", FuzzReaders::olderTokenizer);
    ALL.put("weights-index", FuzzReaders::index);
    ALL.put("matrix", FuzzReaders::matrix);
    ALL.put("csv", FuzzReaders::table);
    ALL.put("jsonl", input -> Texts.pairs(file("a.jsonl", input)));
    ALL.put("folders", input -> FuzzFolders.read(input, folder()));
  }

  /**
   * Parsers of settings throw IllegalArgumentException, as they say, and whoever has the file makes an error with its name of it. Only those count that
   * they raise themselves.
   */
  private static void documented(Runnable parser) {
    try {
      parser.run();
    } catch (IllegalArgumentException e) {
      boolean own =
          e.getStackTrace().length > 0
              && e.getStackTrace()[0].getClassName().startsWith("dev.sampo")
              && !(e instanceof NumberFormatException);
      if (!own) {
        throw e;
      }
      throw new SampoException(String.valueOf(e.getMessage()), e);
    }
  }

  private static Path folder;
  private static Tokenizer chatTokenizer;
  private static PromptCache cache;

  private FuzzReaders() {}

  static Map<String, Reader> all() {
    return ALL;
  }

  private static Path folder() {
    if (folder == null) {
      try {
        folder = Files.createTempDirectory("sampo-fuzz");
        folder.toFile().deleteOnExit();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return folder;
  }

  private static Path file(String name, byte[] input) throws IOException {
    Path file = folder().resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, input);
    file.toFile().deleteOnExit();
    return file;
  }

  private static String text(byte[] input) {
    return new String(input, StandardCharsets.UTF_8);
  }

  private static void match(Grammar grammar) {
    for (String text : List.of("", "{\"a\":1}", "[1, \"x\"]", "abc")) {
      grammar.matches(text);
    }
  }

  private static void tokenizer(byte[] input) throws IOException {
    encode(Tokenizer.fromFile(file("tokenizer.json", input)));
  }

  private static void sentencePiece(byte[] input) throws IOException {
    encode(Tokenizer.fromFolder(file("sentencepiece/tokenizer.model", input).getParent()));
  }

  private static void encode(Tokenizer tokenizer) {
    Encoding encoding = tokenizer.encode("Hello, World! été 123 <s> \ud83d\ude00", true);
    tokenizer.decode(encoding.ids(), false);
    tokenizer.decode(new int[] {0, 1, 2, 1 << 20}, true);
  }

  private static void chat(byte[] input) {
    ChatTemplate template = ChatTemplate.compile(text(input));
    List<Map<String, Object>> messages =
        List.of(
            Map.of("role", "system", "content", "Be brief."),
            Map.of("role", "user", "content", "Hello <b>"),
            Map.of("role", "assistant", "content", List.of(Map.of("type", "text", "text", "x"))));
    template.render(
        Map.of(
            "messages",
            messages,
            "bos_token",
            "<s>",
            "eos_token",
            "</s>",
            "add_generation_prompt",
            true,
            "tools",
            List.of(Map.of("name", "f", "parameters", Map.of("type", "object")))));
  }

  /** A small model that the repository has, copied once, with the file at fault put in. */
  private static Path model(String name) throws IOException {
    Path copy = folder().resolve(name);
    if (!Files.isDirectory(copy)) {
      Files.createDirectories(copy);
      try (Stream<Path> files = Files.list(Path.of(System.getProperty("sampo.fuzz.model")))) {
        for (Path each : (Iterable<Path>) files::iterator) {
          Path to = copy.resolve(each.getFileName());
          Files.copy(each, to, StandardCopyOption.REPLACE_EXISTING);
          to.toFile().deleteOnExit();
        }
      }
    }
    return copy;
  }

  private static void config(byte[] input) throws IOException {
    Path model = model("model");
    Files.write(model.resolve("config.json"), input);
    ModelFolder found = ModelFolder.open(model);
    found.inspect();
  }

  private static void promptCache(byte[] input) throws IOException {
    if (cache == null) {
      cache = TextGenerator.open(model("generator")).newPromptCache();
    }
    cache.load(file("a.cache", input));
  }

  private static Path processor(byte[] input) throws IOException {
    return file("processor/preprocessor_config.json", input).getParent();
  }

  /** A scheduler's settings, followed to the end with few steps. */
  private static void scheduler(byte[] input) {
    documented(
        () -> {
          Scheduler scheduler = Schedulers.fromConfig(SchedulerConfig.parse(text(input)));
          float[] sample = {0.1f, -0.2f, 0.3f, 0.4f};
          DiffusionRun run =
              scheduler.start(RunOptions.steps(5), SampleShape.of(1, 4), new TorchGenerator(1));
          float[] prediction = new float[scheduler.takesVariance() ? 8 : 4];
          while (!run.isDone()) {
            run.step(prediction, sample);
          }
        });
  }

  /** The files of tokenizers before tokenizer.json: what the vocabulary, the merges and the settings hold, with zero bytes between. */
  private static void olderTokenizer(byte[] input) throws IOException {
    String[] parts = text(input).split("\u0000", 3);
    String vocabulary = parts[0].startsWith("{") ? "vocab.json" : "vocab.txt";
    Path place = folder().resolve("tokenizer-" + vocabulary);
    Files.createDirectories(place);
    write(place.resolve(vocabulary), parts[0]);
    write(place.resolve("merges.txt"), parts.length > 1 ? parts[1] : "");
    write(place.resolve("tokenizer_config.json"), parts.length > 2 ? parts[2] : "{}");
    encode(Tokenizer.fromFolder(place));
  }

  private static void write(Path file, String text) throws IOException {
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void index(byte[] input) throws IOException {
    Path weights = folder().resolve("weights");
    Files.createDirectories(weights);
    Files.write(weights.resolve("model.safetensors.index.json"), input);
    Weights.open(weights);
  }

  private static void matrix(byte[] input) throws IOException {
    Path graph = file("matrix.onnx", input);
    for (TensorProto tensor : Models.read(graph).getGraph().getInitializerList()) {
      if (Matrix.isMatrix(tensor)) {
        Matrix matrix = Matrix.of(tensor, graph, true);
        if (matrix.rows() > 0) {
          matrix.row(matrix.rows() - 1, new float[matrix.columns()]);
        }
      }
    }
  }

  private static void table(byte[] input) throws IOException {
    Path file = file("a.csv", input);
    Tables.read(file).numbers(List.of("x"));
  }

  private static void run(byte[] input) throws IOException {
    Path checkpoint = file("checkpoints/step-0000000001/run.json", input).getParent();
    new CheckpointStore(checkpoint.getParent(), 2).latest("x");
  }
}
