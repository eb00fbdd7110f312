package dev.sampo.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sampo.error.ModelException;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.SafePaths;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.specs.Difference;
import dev.sampo.specs.GraphDescription;
import dev.sampo.specs.SampoCard;
import dev.sampo.specs.SampoJson;
import dev.sampo.specs.Spec;
import dev.sampo.specs.SpecCheck;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model on disk: a folder in one of the layouts that others write, a folder with a {@code sampo.json}, or a single {@code .onnx} file.
 *
 * <pre>{@code
 * ModelFolder model = ModelFolder.open(Paths.get("models/digits-gan"));
 * try (Graph generator = model.load("generator", SessionConfig.defaults())) { ... }
 * }</pre>
 *
 * <p>Opening reads the JSON files and the heads of the graphs, loads no weights, and holds no file open; nothing needs closing. Immutable.
 */
public final class ModelFolder {
  private final Path root;
  private final String name;
  private final Family family;
  private final Map<String, ModelGraph> graphs;
  private final @Nullable JsonNode config;
  private final @Nullable SampoJson sampoJson;
  private final @Nullable SampoCard card;

  ModelFolder(
      Path root,
      String name,
      Family family,
      Map<String, ModelGraph> graphs,
      @Nullable JsonNode config,
      @Nullable SampoJson sampoJson,
      @Nullable SampoCard card) {
    this.root = root;
    this.name = name;
    this.family = family;
    this.graphs = Collections.unmodifiableMap(new LinkedHashMap<>(graphs));
    this.config = config;
    this.sampoJson = sampoJson;
    this.card = card;
  }

  /**
   * Finds a model and checks that its graphs meet its spec.
   *
   * @param path a folder or an {@code .onnx} file
   * @throws ModelException if there is no model, a file is missing or broken, or a graph differs from the spec; the message lists what was
   *     looked for or each difference
   * @throws dev.sampo.error.ModelException if an {@code .onnx} file is truncated or no graph
   */
  public static ModelFolder open(Path path) {
    return open(path, "");
  }

  /**
   * Like {@link #open(Path)}, with a variant.
   *
   * @param variant suffix of the files to take where there are several, such as {@code fp16}, {@code int8}, {@code quantized} or {@code
   *     q4f16}; empty for the plain ones
   */
  public static ModelFolder open(Path path, String variant) {
    ModelFolder folder = locate(path, variant);
    folder.requireValid();
    return folder;
  }

  /** Finds a model without holding it against its spec; see {@link #check()}. */
  public static ModelFolder locate(Path path, String variant) {
    return new ModelLocator(path, variant).locate();
  }

  /** All ways in which the graphs differ from the spec; empty for {@link Family#GRAPH}. */
  public List<Difference> check() {
    Spec spec = family.spec();
    if (spec == null) {
      return Collections.emptyList();
    }
    Map<String, GraphDescription> described = new LinkedHashMap<>();
    for (Map.Entry<String, ModelGraph> e : graphs.entrySet()) {
      described.put(e.getKey(), e.getValue().described());
    }
    return SpecCheck.check(spec, described);
  }

  private void requireValid() {
    String channelsLast = ForeignFolders.channelsLast(this);
    if (channelsLast != null) {
      throw new ModelException(root, channelsLast);
    }
    List<Difference> differences = check();
    if (differences.isEmpty()) {
      return;
    }
    StringBuilder lines = new StringBuilder();
    for (Difference difference : differences) {
      lines.append("\n  ").append(difference.message());
    }
    throw new SpecMismatchException(
        root,
        "Model "
            + root
            + " ("
            + fileNames()
            + ") does not meet the spec "
            + family.label()
            + ":"
            + lines
            + "\n"
            + "Export it with these names, types and shapes, or map the names in a sampo.json; see"
            + " docs/specs.md."
            + ForeignFolders.hint(this),
        differences);
  }

  private String fileNames() {
    List<String> names = new ArrayList<>();
    for (ModelGraph graph : graphs.values()) {
      names.add(String.valueOf(graph.path().getFileName()));
    }
    return String.join(", ", names);
  }

  /** The folder; of a single file, the one it lies in, or the one above where that is {@code onnx/} of an exported model. */
  public Path root() {
    return root;
  }

  /** Name of the model: what {@code sampo.json} says, or the name of the folder or file. */
  public String name() {
    return name;
  }

  /** What kind of model it is. */
  public Family family() {
    return family;
  }

  /** The graphs by their names in the spec. */
  public Map<String, ModelGraph> graphs() {
    return graphs;
  }

  /** Whether the model has that graph. */
  public boolean has(String graph) {
    return graphs.containsKey(graph);
  }

  /**
   * The graph with that name.
   *
   * @throws ModelException if there is none; the message lists those there are
   */
  public ModelGraph graph(String graph) {
    ModelGraph found = graphs.get(graph);
    if (found == null) {
      Spec spec = family.spec();
      throw new ModelException(
          root,
          "Model "
              + root
              + " has no graph '"
              + graph
              + "'"
              + (spec != null && spec.graphs().containsKey(graph)
                  ? " (" + String.join(" or ", spec.graph(graph).files()) + ")"
                  : "")
              + "; it has "
              + graphs.keySet());
    }
    return found;
  }

  /** Loads the graph with that name; the caller closes it. */
  public Graph load(String graph, SessionConfig sessionConfig) {
    return graph(graph).load(sessionConfig);
  }

  /** {@code config.json} of a Transformer or a recurrent net; for diffusers' layout {@code model_index.json}; null if there is none. */
  public @Nullable JsonNode config() {
    return config;
  }

  /** {@code sampo.json}, or null where the layout has none. */
  public @Nullable SampoJson sampoJson() {
    return sampoJson;
  }

  /** {@code sampo-card.json}, or null if there is none. */
  public @Nullable SampoCard card() {
    return card;
  }

  /**
   * A file of the folder, or null if it is not there.
   *
   * @param relative its path within the folder, with {@code /}
   * @throws dev.sampo.error.ModelException if the path leaves the folder
   */
  public @Nullable Path find(String relative) {
    Path path = SafePaths.resolve(root, relative, "model " + name);
    return Files.isRegularFile(path) ? path : null;
  }

  /**
   * A file of the folder.
   *
   * @throws ModelException if it is not there
   * @throws dev.sampo.error.ModelException if the path leaves the folder
   */
  public Path file(String relative) {
    Path path = find(relative);
    if (path == null) {
      throw new ModelException(
          root.resolve(relative),
          "Model "
              + root
              + " has no file "
              + relative
              + ". Copy it from where the model came from.");
    }
    return path;
  }

  /**
   * The text of a file, as UTF-8.
   *
   * @throws ModelException if it is missing, empty or cannot be read
   */
  public String text(String relative) {
    return ModelFiles.text(file(relative));
  }

  /**
   * The JSON of a file; the bare tokens {@code NaN} and {@code Infinity}, which Python writes, are allowed.
   *
   * @throws ModelException if it is missing, empty or no JSON
   */
  public JsonNode json(String relative) {
    return ModelFiles.json(file(relative));
  }

  /** The JSON of a file, or null if it is not there. */
  public @Nullable JsonNode jsonIfPresent(String relative) {
    Path path = find(relative);
    return path == null ? null : ModelFiles.json(path);
  }

  /** The JSON of a file, an empty object if it is not there. */
  public JsonNode jsonOrEmpty(String relative) {
    JsonNode json = jsonIfPresent(relative);
    return json == null ? JsonNodeFactory.instance.objectNode() : json;
  }

  /**
   * The tokenizer of the model: the vocabulary that {@code sampo.json} lists, or the tokenizer files of the folder.
   *
   * @return null if it has neither
   * @throws ModelException if one is there, but malformed
   */
  public @Nullable Tokenizer tokenizer() {
    return Tokenizer.findIn(root);
  }

  /**
   * The tokenizer of a model that has to have one.
   *
   * @throws ModelException if it has none, or one that is malformed; the message lists what was looked for
   */
  public Tokenizer requireTokenizer() {
    return Tokenizer.fromFolder(root);
  }

  /** Everything there is to say about the model. */
  public Inspection inspect() {
    return Inspection.of(this);
  }

  /** Files of all graphs. */
  public List<Path> graphFiles() {
    List<Path> files = new ArrayList<>();
    for (ModelGraph graph : graphs.values()) {
      files.add(graph.path());
    }
    return files;
  }

  @Override
  public String toString() {
    return family + " " + root;
  }
}
