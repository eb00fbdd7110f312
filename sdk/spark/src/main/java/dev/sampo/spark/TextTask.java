package dev.sampo.spark;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.util.ArrayList;
import java.util.List;

/** Texts for prompts. */
record TextTask(ModelReference model, String config) implements RowTask {
  private static final long serialVersionUID = 1;

  static GenerationConfig config(String json) {
    return GenerationConfig.parse(
        json,
        warning -> {
          if (warning.startsWith("Unknown")) {
            throw new RequestException("generationConfig", warning);
          }
        });
  }

  @Override
  public List<Outcome> run(List<Object> inputs, long[] seeds, int threads) {
    TextGenerator generator = LoadedModels.get(model, TextGenerator.class, threads);
    GenerationConfig settings = config(config);
    List<Outcome> out = new ArrayList<>(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      out.add(one(generator, settings, (String) inputs.get(i), seeds[i]));
    }
    return out;
  }

  /** The text for one prompt. */
  static Outcome one(TextGenerator generator, GenerationConfig settings, String prompt, long seed) {
    return Outcome.of(
        () -> {
          GenerationResult result =
              generator.generate(
                  GenerationRequest.builder().prompt(prompt).config(settings).seed(seed).build());
          return Outcome.of(result.text(), result.tokenCount());
        });
  }
}
