package dev.sampo.cli;

import dev.sampo.hub.Hub;
import dev.sampo.hub.HubCache;
import dev.sampo.hub.HubName;
import dev.sampo.hub.PullRequest;
import dev.sampo.hub.PullResult;
import dev.sampo.hub.PullStep;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names of models on the Hub where a command takes MODEL. */
final class HubModels {
  private HubModels() {}

  /** Whether a word can be nothing but a name on the Hub: {@code org/name} with a revision or variant perhaps, and no such path. */
  static boolean isName(String model) {
    return HubName.isName(model);
  }

  /** The folder of a model, fetched where it is not in the cache. */
  static Path folder(String model) {
    try (Bar bar = new Bar(Console.system())) {
      PullRequest request = PullRequest.builder(model).progress(bar::show).build();
      return Hub.fromEnvironment().pull(request).folder();
    }
  }

  /** The snapshot that a folder of the cache means, or null where it is none. */
  static @Nullable Path snapshot(Path folder) {
    return HubCache.snapshotOf(folder);
  }

  /** Fetches with a bar on a terminal. */
  static PullResult pull(Hub hub, PullRequest request, Console console) {
    try (Bar bar = new Bar(console)) {
      return hub.pull(
          request.toBuilder().progress(bar::show).cancellation(console.cancellation()).build());
    }
  }

  /** Bytes as a person reads them. */
  static String bytes(long bytes) {
    if (bytes < 1_000) {
      return bytes + " B";
    }
    if (bytes < 1_000_000) {
      return String.format(Locale.ROOT, "%.1f kB", bytes / 1e3);
    }
    return bytes < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }

  /** A bar that begins with the first byte, for most of the time there is nothing to fetch. */
  private static final class Bar implements AutoCloseable {
    private final Console console;
    private Console.@Nullable Progress progress;

    Bar(Console console) {
      this.console = console;
    }

    void show(PullStep step) {
      if (progress == null) {
        progress = console.byteProgress("Fetching", step.total());
      }
      progress.stepTo(step.done());
      progress.say(step.file());
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
      }
    }
  }
}
