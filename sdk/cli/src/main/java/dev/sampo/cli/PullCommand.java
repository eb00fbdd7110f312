package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.hub.Hub;
import dev.sampo.hub.HubConfig;
import dev.sampo.hub.PullRequest;
import dev.sampo.hub.PullResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo pull}: a model from the Hub into the cache. */
@Command(
    name = "pull",
    mixinStandardHelpOptions = true,
    description = {
      "Fetches a model from the Hugging Face Hub into the cache that Python's huggingface_hub uses,"
          + " and prints its folder.",
      "Without --include the files that the model's graph, variant and tokenizer need. Reads"
          + " HF_ENDPOINT, HF_HOME,",
      "HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE."
    })
final class PullCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "NAME", description = "org/name[@revision][:variant]")
  private String name = "";

  @Option(
      names = "--include",
      paramLabel = "GLOB",
      description = "Fetch the files that match, such as '*.json'; repeatable.")
  private List<String> include = new ArrayList<>();

  @Option(
      names = "--lock",
      paramLabel = "FILE",
      description = "Write the commit and the hashes of the files to FILE (sampo.lock).")
  private @Nullable Path lock;

  @Option(
      names = "--locked",
      description = "Take only what the lock file names (--lock, or sampo.lock here).")
  private boolean locked;

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  PullCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (!HubModels.isName(name)) {
      throw new UsageException(
          "'" + name + "' is no name on the Hub; write org/name[@revision][:variant]");
    }
    Path file = locked && lock == null ? Path.of("sampo.lock") : lock;
    PullRequest request =
        PullRequest.builder(name).include(include).lock(file).locked(locked).build();
    PullResult result = HubModels.pull(new Hub(HubConfig.fromEnvironment()), request, console);
    if (json) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document
          .put("model", name)
          .put("folder", result.folder().toString())
          .put("commit", result.commit())
          .put("downloaded_bytes", result.downloadedBytes());
      result.files().forEach(f -> document.withArray("/files").add(f.path()));
      console.json(document);
    } else {
      console.note(
          "sampo: "
              + name
              + " at "
              + result.commit()
              + ": "
              + result.files().size()
              + " files, "
              + HubModels.bytes(result.downloadedBytes())
              + " fetched");
      console.out().println(result.folder());
    }
    return ExitCode.OK;
  }
}
