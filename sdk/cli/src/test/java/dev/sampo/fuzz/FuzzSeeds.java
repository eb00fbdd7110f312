package dev.sampo.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.PromptCache;
import dev.sampo.text.TextGenerator;
import dev.sampo.training.files.CheckpointFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes what the fuzzer begins with: the files of the test resources, by reader. Arguments: the folder to write, and folders to look in. */
public final class FuzzSeeds {
  private static final long MAX_BYTES = 1 << 17;
  private static final int MOST = 150;

  private final Path out;
  private final Map<String, Integer> counts = new LinkedHashMap<>();

  private FuzzSeeds(Path out) {
    this.out = out;
  }

  public static void main(String[] args) throws IOException {
    FuzzSeeds seeds = new FuzzSeeds(Path.of(args[0]));
    for (String reader : FuzzReaders.all().keySet()) {
      Files.createDirectories(seeds.out.resolve(reader));
    }
    for (int i = 1; i < args.length; i++) {
      try (Stream<Path> all = Files.walk(Path.of(args[i]))) {
        List<Path> files =
            all.filter(path -> !path.toString().contains("/target/") && Files.isRegularFile(path))
                .sorted()
                .collect(Collectors.toList());
        for (Path file : files) {
          if (Files.size(file) <= MAX_BYTES) {
            seeds.take(file);
          }
        }
      }
    }
    seeds.madeHere();
    System.out.println("Seeds: " + seeds.counts);
  }

  private void take(Path file) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(".jsonl")) {
      lines(file);
      return;
    }
    byte[] bytes = Files.readAllBytes(file);
    String end = name.substring(name.lastIndexOf('.') + 1);
    switch (end) {
      case "npy":
      case "wav":
      case "safetensors":
        add(end, bytes);
        break;
      case "png":
        add("png-text", bytes);
        add("picture", bytes);
        break;
      case "jpg":
        add("picture", bytes);
        break;
      case "onnx":
        add("onnx", bytes);
        add("training-onnx", bytes);
        add("matrix", bytes);
        break;
      case "model":
        add("sentencepiece", bytes);
        break;
      case "jinja":
        add("chat", bytes);
        break;
      case "json":
        json(file, name, bytes);
        break;
      case "csv":
        add("csv", bytes);
        break;
      case "txt":
        if (name.equals("vocab.txt")) {
          add("tokenizer-folder", bytes);
        }
        break;
      default:
    }
  }

  private void json(Path file, String name, byte[] bytes) throws IOException {
    switch (name) {
      case "tokenizer.json":
        add("tokenizer", bytes);
        break;
      case "sampo.json":
        add(name, bytes);
        break;
      case "sampo-card.json":
        add("sampo-card", bytes);
        break;
      case "config.json":
        add(name, bytes);
        add("export-config", bytes);
        break;
      case "generation_config.json":
        add("generation_config", bytes);
        break;
      case "scheduler_config.json":
        add("scheduler_config", bytes);
        add("scheduler", bytes);
        break;
      case "vocab.json":
        vocabulary(file);
        break;
      case "preprocessor_config.json":
        add("preprocessor", bytes);
        break;
      default:
    }
  }

  /** A vocabulary with the merges and the settings beside it. */
  private void vocabulary(Path file) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(Files.readAllBytes(file));
    for (String other : List.of("merges.txt", "tokenizer_config.json")) {
      Path beside = file.resolveSibling(other);
      all.write(0);
      if (Files.exists(beside)) {
        all.write(Files.readAllBytes(beside));
      }
    }
    add("tokenizer-folder", all.toByteArray());
  }

  private void lines(Path file) throws IOException {
    for (String line : Files.readAllLines(file)) {
      JsonNode node = line.startsWith("{") ? new ObjectMapper().readTree(line) : null;
      if (node == null) {
        continue;
      }
      if (node.path("template").isTextual()) {
        add("chat", node.get("template").textValue().getBytes(StandardCharsets.UTF_8));
      }
      JsonNode schema = node.has("s") ? node.get("s") : node.path("schema");
      if (schema.isObject()) {
        add("schema", schema.toString().getBytes(StandardCharsets.UTF_8));
        add("lenient-schema", schema.toString().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** What no file of the repository holds. */
  private void madeHere() throws IOException {
    for (String regex :
        List.of(
            "a(b|c)*[^\\d-]{2,3}\\x41\\u0042\\p{Lu}$",
            "(?<n>a)|^b+?\\.",
            "[\\w.]+@[a-z]{2,}",
            "(a?){99}|\\s\\S")) {
      add("regex", regex.getBytes(StandardCharsets.UTF_8));
    }
    for (String gbnf :
        List.of(
            "root ::= \"a\\x41\" [^a-z\\u0042] item{2,} # c\nitem ::= ( \"b\" | . )? | root-2 {3}\nroot-2 ::= [-]",
            "root ::= <think> !</think>* </think> <[5]> x{,3}\nx ::= \"(\" x \")\" | \"\"")) {
      add("gbnf", gbnf.getBytes(StandardCharsets.UTF_8));
    }
    for (byte[] folder : FuzzFolders.seeds()) {
      add("folders", folder);
    }
    texts("csv", "x,y\n1,\"a\"\"b\"\n-2.5e3,\"c\nd\"\n");
    texts("jsonl", "{\"source\":\"a\",\"target\":\"b\"}\n[\"c\",\"d\"]\n\"e\\u0041\"\n");
    texts(
        "weights-index",
        "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"a-1-of-2.safetensors\",\"b\":\"../b.safetensors\"}}");
    CheckpointFile.Entry entry =
        new CheckpointFile.Entry(new long[] {2, 2}, new float[] {1, 2, 3, 4});
    Path file = Files.createTempFile("sampo", ".seed");
    new CheckpointFile(
            3,
            Map.of("w", entry),
            Map.of("f", entry),
            Map.of("w", entry),
            Map.of("w", entry),
            Map.of("k", "v"))
        .write(file);
    add("checkpoint", Files.readAllBytes(file));
    add(
        "run.json",
        "{\"fingerprint\":\"x\",\"step\":1,\"crc32\":{\"a.ckpt\":1,\"a.extra.ckpt\":2},\"info\":{}}"
            .getBytes(StandardCharsets.UTF_8));
    try (TextGenerator generator =
            TextGenerator.open(Path.of(System.getProperty("sampo.fuzz.model")));
        PromptCache cache = generator.newPromptCache()) {
      generator.generate(GenerationRequest.builder().promptIds(3, 4, 5).promptCache(cache).build());
      cache.save(file);
      add("prompt-cache", Files.readAllBytes(file));
    }
    Files.delete(file);
  }

  private void texts(String reader, String text) throws IOException {
    add(reader, text.getBytes(StandardCharsets.UTF_8));
  }

  private void add(String reader, byte[] bytes) throws IOException {
    int number = counts.merge(reader, 1, Integer::sum);
    if (number <= MOST || reader.equals("folders")) {
      Files.write(out.resolve(reader).resolve("seed-" + number), bytes);
    }
  }
}
