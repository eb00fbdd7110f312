package dev.sampo.export.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.ModelException;
import dev.sampo.runtime.SafePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All tensors of a model: of one safetensors file, or of the shards that an index names. Only headers are read. */
public final class Weights {
  /** Base names that {@code save_pretrained} of transformers, diffusers and peft writes. */
  private static final List<String> BASE_NAMES =
      List.of("model", "diffusion_pytorch_model", "adapter_model");

  private final Path folder;
  private final Map<String, Weight> byName;
  private final List<Path> files;

  private Weights(Path folder, Map<String, Weight> byName, List<Path> files) {
    this.folder = folder;
    this.byName = Collections.unmodifiableMap(byName);
    this.files = Collections.unmodifiableList(files);
  }

  /** Whether a folder holds weights that {@link #open} finds. */
  public static boolean isIn(Path folder) {
    return find(folder, "model") != null
        || find(folder, "diffusion_pytorch_model") != null
        || find(folder, "adapter_model") != null;
  }

  private static @Nullable Path find(Path folder, String base) {
    for (String suffix : List.of(".safetensors", ".safetensors.index.json")) {
      Path file = folder.resolve(base + suffix);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }

  /**
   * Reads the headers of a folder's weights.
   *
   * @throws ModelException if there are none, a shard is missing or a header is broken
   */
  public static Weights open(Path folder) {
    for (String base : BASE_NAMES) {
      Path found = find(folder, base);
      if (found != null) {
        return found.toString().endsWith(".json") ? sharded(folder, found) : single(folder, found);
      }
    }
    throw new ModelException(
        folder,
        "No weights in "
            + folder
            + ". Looked for model.safetensors, model.safetensors.index.json,"
            + " diffusion_pytorch_model.safetensors, adapter_model.safetensors."
            + (Files.isRegularFile(folder.resolve("pytorch_model.bin"))
                ? " pytorch_model.bin is a Python pickle, which is not read; save the model with"
                    + " safe_serialization=True."
                : ""));
  }

  private static Weights single(Path folder, Path file) {
    return new Weights(
        folder, new LinkedHashMap<>(SafetensorsFile.read(file).weights()), List.of(file));
  }

  private static Weights sharded(Path folder, Path index) {
    JsonNode map;
    try {
      map = new ObjectMapper().readTree(Files.readAllBytes(index)).path("weight_map");
    } catch (IOException e) {
      throw new ModelException(index, "Index " + index + " is no JSON: " + e.getMessage(), e);
    }
    if (!map.isObject() || map.isEmpty()) {
      throw new ModelException(index, "Index " + index + " has no weight_map.");
    }
    Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
    Map<String, Weight> byName = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String shard = entry.getValue().asText();
      Weight weight =
          shards
              .computeIfAbsent(shard, name -> SafetensorsFile.read(shard(folder, index, name)))
              .weights()
              .get(entry.getKey());
      if (weight == null) {
        throw new ModelException(
            folder.resolve(shard),
            "Shard "
                + folder.resolve(shard)
                + " has no tensor '"
                + entry.getKey()
                + "', which "
                + index
                + " places there. Copy the shards and the index again, of one version.");
      }
      byName.put(entry.getKey(), weight);
    }
    List<Path> files = new ArrayList<>();
    shards.values().forEach(shard -> files.add(shard.path()));
    return new Weights(folder, byName, files);
  }

  private static Path shard(Path folder, Path index, String name) {
    Path file = SafePaths.resolve(folder, name, "shard of " + index);
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          file, "Shard " + file + ", which " + index + " names, is missing. Copy it beside it.");
    }
    return file;
  }

  public Path folder() {
    return folder;
  }

  /** The files that hold the tensors. */
  public List<Path> files() {
    return files;
  }

  /** The tensors by name. */
  public Map<String, Weight> byName() {
    return byName;
  }

  public boolean has(String name) {
    return byName.containsKey(name);
  }

  /** Whether any name begins so. */
  public boolean hasPrefix(String prefix) {
    return byName.keySet().stream().anyMatch(name -> name.startsWith(prefix));
  }

  /**
   * The tensor of that name.
   *
   * @throws ModelException if there is none
   */
  public Weight get(String name) {
    Weight weight = byName.get(name);
    if (weight == null) {
      throw new ModelException(
          folder,
          "The weights of "
              + folder
              + " have no tensor '"
              + name
              + "', which config.json asks for. The file and config.json must be of one model.");
    }
    return weight;
  }
}
