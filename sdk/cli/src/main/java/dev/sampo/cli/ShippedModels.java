package dev.sampo.cli;

import dev.sampo.cli.terminal.Suggestions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The models that ship with the project, in {@code exporter-specs/models} below the system property {@code sampo.home}. */
final class ShippedModels {
  private final Path folder;

  ShippedModels(Path folder) {
    this.folder = folder;
  }

  /** The models of the checkout that this program was started from. */
  static ShippedModels ofHome() {
    return new ShippedModels(home().resolve("exporter-specs").resolve("models"));
  }

  /** The project's folder. */
  static Path home() {
    return Path.of(System.getProperty("sampo.home", "."));
  }

  /** Names, in alphabetical order. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> entries = Files.list(folder)) {
        entries
            .filter(Files::isDirectory)
            .map(p -> p.getFileName().toString())
            .sorted()
            .forEach(names::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return names;
  }

  /** The folder of a model that ships. */
  Path path(String name) {
    return folder.resolve(name);
  }

  /**
   * What the word MODEL of a command line means: a path that exists, the bare name of a model that ships, or a name on the
   * Hub, whose files are fetched where they are not in the cache.
   *
   * @throws CommandFailure if it is none of them
   */
  Path resolve(String model) {
    boolean bare =
        !model.isEmpty()
            && model.indexOf('/') < 0
            && model.indexOf('\\') < 0
            && !model.startsWith(".");
    if (bare && Files.isDirectory(path(model))) {
      return path(model);
    }
    Path path;
    try {
      path = Path.of(model);
    } catch (java.nio.file.InvalidPathException e) {
      throw new CommandFailure("'" + model + "' is not a path: " + e.getReason(), e);
    }
    if (!model.isEmpty() && Files.exists(path)) {
      Path snapshot = HubModels.snapshot(path);
      return snapshot == null ? path : snapshot;
    }
    if (HubModels.isName(model)) {
      return HubModels.folder(model);
    }
    throw new CommandFailure(
        "there is no model '"
            + model
            + "': no folder or file of that name, and none that ships is called so."
            + Suggestions.question(model, names())
            + " There are: "
            + String.join(", ", names())
            + ".");
  }
}
