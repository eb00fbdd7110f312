package dev.sampo.training.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Copies a model folder with other weights. The quality in its card is left out: it was the original's. */
final class FolderExport {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Path source;
  private final Map<String, Path> models = new LinkedHashMap<>();
  private final Map<String, UnaryOperator<ModelProto>> namings = new HashMap<>();

  FolderExport(Path source) {
    this.source = source.toAbsolutePath().normalize();
  }

  /** Names a model of the training graph and the file that holds it. */
  FolderExport with(String model, Path file) {
    models.put(model, file.toAbsolutePath().normalize());
    return this;
  }

  /** Says how a model gets the names back that its file has. */
  FolderExport named(String model, UnaryOperator<ModelProto> naming) {
    namings.put(model, naming);
    return this;
  }

  Map<String, Path> models() {
    return models;
  }

  void write(Path folder, Function<String, ModelProto> trained) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    if (target.equals(source)) {
      throw new IOException(
          "The trained model would overwrite " + source + ". Choose another output folder.");
    }
    Files.createDirectories(target);
    if (Files.isDirectory(source)) {
      copyOthers(target);
    }
    for (Map.Entry<String, Path> model : models.entrySet()) {
      Path relative =
          Files.isDirectory(source)
              ? source.relativize(model.getValue())
              : model.getValue().getFileName();
      Path file = target.resolve(relative);
      Path parent = file.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      ModelProto named =
          namings
              .getOrDefault(model.getKey(), UnaryOperator.identity())
              .apply(trained.apply(model.getKey()));
      Models.write(named, file);
    }
  }

  private void copyOthers(Path target) throws IOException {
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path copy = target.resolve(source.relativize(file));
        String name = String.valueOf(file.getFileName());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else if (name.equals("sampo.json") || name.equals("sampo-card.json")) {
          Files.write(copy, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(card(file)));
        } else if (!name.equals("README.md") && !models.containsValue(file)) {
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private static JsonNode card(Path file) throws IOException {
    JsonNode root = JSON.readTree(Files.readAllBytes(file));
    JsonNode card = root.has("card") ? root.get("card") : root;
    if (card instanceof ObjectNode object && object.has("quality")) {
      object.set("quality", JSON.createObjectNode());
    }
    return root;
  }
}
