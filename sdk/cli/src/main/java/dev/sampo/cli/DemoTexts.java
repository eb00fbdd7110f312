package dev.sampo.cli;

import dev.sampo.imaging.Pictures;
import dev.sampo.imaging.Plots;
import dev.sampo.model.ModelFolder;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.specs.Properties;
import dev.sampo.text.GeneratedSequence;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** The text families of {@code sampo demo}. */
final class DemoTexts {
  private static final String PROMPT = "And it came to pass";

  private final Demo demo;

  DemoTexts(Demo demo) {
    this.demo = demo;
  }

  void lstm(String model) {
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(true)
            .temperature(0.6)
            .topK(0)
            .maxNewTokens(400)
            .build();
    write(model, config, "400 characters, drawn at temperature 0.6");
  }

  void gpt(String model) {
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(true)
            .temperature(0.8)
            .topP(0.95)
            .maxNewTokens(120)
            .build();
    write(model, config, "120 tokens, drawn at temperature 0.8, top-p 0.95");
  }

  private void write(String model, GenerationConfig config, String what) {
    try (TextGenerator generator = TextGenerator.open(demo.model(model), demo.session())) {
      GenerationRequest request =
          GenerationRequest.builder()
              .prompt(PROMPT)
              .config(config)
              .seed(demo.seed())
              .cancellation(demo.cancellation())
              .build();
      GenerationResult result = generator.generate(request);
      demo.cancellation().throwIfCancelled();
      demo.append(model, what + ", seed " + demo.seed(), PROMPT + result.text());
      demo.note(model, what, speed(result), demo.file("texts.txt"));
    }
  }

  void translate(String model) throws IOException {
    List<String> english =
        List.of(
            "eighty-one",
            "seventy-one",
            "two hundred",
            "two hundred thousand",
            "nine hundred and ninety-nine thousand nine hundred and ninety-nine");
    try (TextGenerator generator = TextGenerator.open(demo.model(model), demo.session())) {
      GenerationRequest request =
          GenerationRequest.builder()
              .prompts(english)
              .attention(true)
              .cancellation(demo.cancellation())
              .build();
      GenerationResult result = generator.generate(request);
      demo.cancellation().throwIfCancelled();
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < english.size(); i++) {
        String french = result.prompts().get(i).sequences().get(0).text();
        lines.append(english.get(i)).append(" = ").append(french).append('\n');
      }
      demo.append(model, "greedy", lines.toString().trim());
      demo.note(
          model, english.size() + " numbers translated", speed(result), demo.file("texts.txt"));
      attention(model, result.prompts().get(english.size() - 1));
    }
  }

  /** What the decoder looked at while it wrote each word. */
  private void attention(String model, GenerationResult.PromptResult prompt) throws IOException {
    GeneratedSequence sequence = prompt.sequences().get(0);
    float[][] weights = Objects.requireNonNull(sequence.attention(), "attention was asked for");
    Properties vocabularies =
        Objects.requireNonNull(ModelFolder.open(demo.model(model)).sampoJson()).properties();
    int[] source = prompt.ids().stream().mapToInt(i -> i).toArray();
    List<String> columns = words(vocabularies.strings("source_vocab"), source);
    List<String> rows = words(vocabularies.strings("target_vocab"), sequence.ids());
    float[][] cut = new float[rows.size()][];
    for (int i = 0; i < cut.length; i++) {
      cut[i] = Arrays.copyOf(weights[i], columns.size());
    }
    Path file = demo.file("attention.png");
    Pictures.writePng(file, Plots.heatMap("Attention of " + model, columns, rows, cut));
    demo.note(model, "what it attended to, word by word", "", file);
  }

  private static List<String> words(List<String> vocabulary, int[] ids) {
    return Arrays.stream(ids).mapToObj(vocabulary::get).collect(Collectors.toList());
  }

  private static String speed(GenerationResult result) {
    return Rates.of(result.tokensPerSecond()) + " tokens/s";
  }
}
