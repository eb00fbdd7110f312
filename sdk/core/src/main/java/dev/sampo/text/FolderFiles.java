package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sampo.runtime.ModelFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Files of a model folder, by name. */
final class FolderFiles {
  private static final List<String> SUFFIXES =
      List.of("", "_fp16", "_int8", "_uint8", "_quantized", "_q8", "_q4", "_q4f16", "_bnb4");

  private final Path folder;
  private final @Nullable Path model;

  /**
   * @param folderOrGraph a folder, or one of its {@code .onnx} files, which is then the model whatever its name
   */
  FolderFiles(Path folderOrGraph) {
    if (Files.isRegularFile(folderOrGraph)) {
      Path parent = folderOrGraph.toAbsolutePath().getParent();
      boolean sub =
          parent.endsWith("onnx") && Files.isRegularFile(parent.resolveSibling("config.json"));
      this.folder = sub ? parent.getParent() : parent;
      this.model = folderOrGraph;
    } else if (Files.isDirectory(folderOrGraph)) {
      this.folder = folderOrGraph;
      this.model = null;
    } else {
      throw new ModelFileException(
          folderOrGraph, "There is no model folder " + folderOrGraph + ".");
    }
  }

  Path folder() {
    return folder;
  }

  /** The JSON of a file, an empty object if there is none. */
  JsonNode json(String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      return JsonNodeFactory.instance.objectNode();
    }
    try {
      return new ObjectMapper()
          .readTree(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new ModelFileException(file, file + " cannot be read as JSON: " + e.getMessage(), e);
    }
  }

  boolean has(String name) {
    return Files.isRegularFile(folder.resolve(name));
  }

  /** A graph {@code name.onnx}, also under {@code onnx/} and with the suffixes of quantised exports; null if there is none. */
  @Nullable Path graph(String name) {
    if (model != null) {
      return name.equals("model") ? model : null;
    }
    for (String suffix : SUFFIXES) {
      for (String sub : List.of("", "onnx/")) {
        Path file = folder.resolve(sub + name + suffix + ".onnx");
        if (Files.isRegularFile(file)) {
          return file;
        }
      }
    }
    return null;
  }
}
