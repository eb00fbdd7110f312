package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.hub.HubCache;
import dev.sampo.hub.HubConfig;
import dev.sampo.hub.HubName;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sampo cache}: what the cache of the Hub holds, and making room in it. */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    description =
        "Lists the models in the cache of the Hub (shared with Python), or makes room in it.")
final class CacheCommand implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--prune",
      description =
          "Remove snapshots that no branch or tag stands for, files that no snapshot uses, and"
              + " downloads that broke off.")
  private boolean prune;

  @Option(names = "--remove", paramLabel = "NAME", description = "Remove a model, org/name.")
  private @Nullable String remove;

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  CacheCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    HubConfig config = HubConfig.fromEnvironment();
    HubCache cache = new HubCache(config.cache());
    if (remove != null) {
      long bytes = cache.remove(HubName.parse(remove));
      console.note("sampo: removed " + remove + ", " + HubModels.bytes(bytes));
    }
    if (prune) {
      HubCache.Pruned pruned = cache.prune();
      console.note(
          "sampo: removed " + pruned.files() + " files, " + HubModels.bytes(pruned.sizeBytes()));
    }
    if (remove == null && !prune) {
      list(console, cache.list(), json);
      console.note("sampo: in " + config.cache());
    }
    return ExitCode.OK;
  }

  /** Prints models of the cache. */
  static void list(Console console, List<HubCache.Entry> entries, boolean json) {
    if (json) {
      ArrayNode document = JsonNodeFactory.instance.arrayNode();
      for (HubCache.Entry entry : entries) {
        ObjectNode node = document.addObject();
        node.put("name", entry.repository())
            .put("folder", entry.folder().toString())
            .put("size_bytes", entry.sizeBytes());
        entry.revisions().forEach(node.putObject("revisions")::put);
        entry.commits().forEach(node.putArray("commits")::add);
      }
      console.json(document);
      return;
    }
    for (HubCache.Entry entry : entries) {
      console
          .out()
          .printf(
              Locale.ROOT,
              "%-44s %10s  %s%n",
              entry.repository(),
              HubModels.bytes(entry.sizeBytes()),
              String.join(", ", entry.revisions().keySet()));
    }
  }
}
