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

  FolderFiles(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new ModelFileException(folder, "There is no model folder " + folder + ".");
    }
    this.folder = folder;
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
