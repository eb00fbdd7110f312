package dev.sampo.spark;

import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.batch.GenerationHandle;
import dev.sampo.text.batch.GenerationScheduler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Texts for prompts; rows share the model's steps, and each gets the text that it gets alone. */
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
    GenerationConfig settings = config(config);
    List<Outcome> out = new ArrayList<>(inputs.size());
    Deque<Submitted> waiting = new ArrayDeque<>();
    try (Schedulers.Lease lease = Schedulers.lease(model, threads)) {
      try {
        for (int i = 0; i < inputs.size(); i++) {
          if (waiting.size() == Schedulers.AHEAD) {
            out.add(waiting.remove().outcome());
          }
          GenerationRequest request = request((String) inputs.get(i), settings, seeds[i]);
          waiting.add(Submitted.to(lease.scheduler(), request));
        }
        while (!waiting.isEmpty()) {
          out.add(waiting.remove().outcome());
        }
      } finally {
        waiting.forEach(Submitted::cancel);
      }
    }
    return out;
  }

  /** A row's request, or why there is none. */
  private record Submitted(@Nullable GenerationHandle handle, @Nullable SampoException refused) {
    static Submitted to(GenerationScheduler scheduler, GenerationRequest request) {
      try {
        return new Submitted(scheduler.submit(request), null);
      } catch (RequestException e) {
        return new Submitted(null, e);
      }
    }

    Outcome outcome() {
      return Outcome.of(
          () -> {
            if (handle == null) {
              throw Objects.requireNonNull(refused);
            }
            return made(handle.join());
          });
    }

    void cancel() {
      if (handle != null) {
        handle.cancel();
      }
    }
  }

  private static GenerationRequest request(String prompt, GenerationConfig settings, long seed) {
    return GenerationRequest.builder().prompt(prompt).config(settings).seed(seed).build();
  }

  private static Outcome made(GenerationResult result) {
    return Outcome.of(result.text(), result.tokenCount());
  }

  /** The text for one prompt. */
  static Outcome one(TextGenerator generator, GenerationConfig settings, String prompt, long seed) {
    return Outcome.of(() -> made(generator.generate(request(prompt, settings, seed))));
  }
}
